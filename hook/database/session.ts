import { connect as openSocket } from 'node:net'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import type { Database, Server } from '../config/connection.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { version } from '../version.ts'
import { type Connected, connect, describeTarget, leastPatience, on } from './connect.ts'
import { isSqlError } from './errors.ts'
import { type Message, type Notice, type Row, sendMessage } from './simple-query.ts'

/** Who runs this, as pg_stat_activity and the history show it. */
export type Identity = {
  readonly release: string | undefined
  readonly pod: string | undefined
  readonly lotse: string
}

/** The one connection of a run: it holds the run lock and runs the migrations, so that lock and work die together. */
export type Session = {
  /** The database on the server that this is a session of. */
  readonly database: Database
  readonly query: (sql: string, values?: unknown[]) => Promise<pg.QueryResult>
  /** Sends one statement, and can send no second one behind a semicolon (extended protocol). Its rows are arrays. */
  readonly ask: (sql: string) => Promise<pg.QueryArrayResult>
  /** Sends several statements as one message; returns a result for each. */
  readonly queries: (sql: string) => Promise<pg.QueryResult[]>
  /** Sends several statements as one message; shows the rows they return and drops them. Rejects with a MessageError. */
  readonly send: (message: Message, onNotice?: (notice: Notice) => void, onRow?: (row: Row) => void) => Promise<void>
  /** Runs a statement that must also run after the signal: ROLLBACK, unlock. Never throws; a lost connection does it too. */
  readonly cleanUp: (sql: string) => Promise<void>
  /** The process that serves this session: the one announced at login, until prepareSession has asked it itself. */
  pid: number
  /** The server's major version, as it said at login. */
  readonly major: number
  /** SQL that gives the session what it has besides Lotse's own settings, after every reset: the search_path of a tenant. */
  readonly settings: readonly string[]
  /** Whether the connection is gone after this error: not told from its code, which a migration may raise itself. */
  readonly lostBy: (error: unknown) => boolean
  readonly identity: Identity
  /** Aborts when the run has to end: a signal, or its budget. */
  readonly signal: AbortSignal
}

/** As much of a session as the check uses: it only asks. */
export type AskingSession = Pick<Session, 'query' | 'queries' | 'cleanUp' | 'lostBy' | 'signal'>

/**
 * Connects within `budget` milliseconds, runs `work` with the session and closes it. When the signal aborts, the running statement is cancelled on the
 * server and the connection closed: PostgreSQL then rolls back and frees the run lock by itself.
 */
export async function withSession<T>(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  work: (session: Session) => Promise<T>,
  budget: number = config.budget.connect,
): Promise<T> {
  const started = performance.now()
  const client = await connect(config.database, applicationName(config), budget, signal, emit)
  const [first] = config.database.servers
  const server = client.server ?? (first as Server)
  const database = on(config.database, server)
  const abort = async (): Promise<void> => {
    await cancelStatement(client, server)
    // The cancelled statement's own error says where it stood; a network that delivers nothing any more must not hold us.
    setTimeout(() => void client.end(), 1_500).unref()
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    emit({
      event: 'database.connected',
      target: describeTarget(database),
      user: database.user,
      elapsed: performance.now() - started,
    })
    return await work(sessionOf(client, database, signal, config, budget))
  } catch (error) {
    throw signal.aborted ? stopped(signal.reason, error) : error
  } finally {
    signal.removeEventListener('abort', abort)
    await client.end().catch(() => {})
  }
}

/** What ended the run, with what it ended: where the migration stood and what state that left. */
function stopped(reason: unknown, error: unknown): unknown {
  if (!(reason instanceof Failure && error instanceof Failure)) return reason
  if (error.message === reason.message) return error
  return reason.with({
    details: [`While running ${error.message}`, ...error.details],
    state: error.state,
    cause: error,
  })
}

function sessionOf(
  client: Connected,
  database: Database,
  signal: AbortSignal,
  config: Config,
  budget: number,
): Session {
  const { release, pod } = config
  const answer = untilAnswered(client, database, budget)
  // pg sends and reads UTF-8 alone. A migration may have set another encoding, in which the server would misread what comes next.
  const inUtf8 = async (): Promise<void> => {
    signal.throwIfAborted()
    if ((client.clientEncoding ?? 'UTF8') !== 'UTF8') await client.query(`set client_encoding to 'UTF8'`)
  }
  // SQL_ASCII knows no characters (PostgreSQL docs 24.3.1).
  const unit = client.serverEncoding === 'SQL_ASCII' ? 'bytes' : 'characters'
  let ended = false
  const end = (): void => {
    ended = true
  }
  client.on('end', end)
  client.on('error', end)
  return {
    database,
    query: async (sql, values) => {
      await inUtf8()
      return answer(() => client.query(sql, values))
    },
    ask: async (text) => {
      await inUtf8()
      const whole = { text, rowMode: 'array', queryMode: 'extended' } as const
      return answer(() => client.query(whole))
    },
    queries: async (sql) => {
      await inUtf8()
      return answer(() => client.query(sql) as unknown as Promise<pg.QueryResult[]>)
    },
    send: async (message, onNotice = () => {}, onRow) => {
      await inUtf8()
      return sendMessage(client, message, unit, onNotice, onRow)
    },
    cleanUp: async (sql) => void (await client.query(sql).catch(() => {})),
    lostBy: (error) => ended || (isSqlError(error) && ['FATAL', 'PANIC'].includes(error.severity)),
    pid: (client as unknown as { processID: number }).processID,
    major: Number.parseInt(client.serverVersion ?? '14', 10),
    settings: [],
    identity: { release, pod, lotse: version },
    signal,
  }
}

/** `lotse NAMESPACE/RELEASE POD`, cut to the 63 bytes pg_stat_activity keeps (PostgreSQL docs 19.8.3). */
export function applicationName({ release, pod }: Config): string {
  return ['lotse', release, pod].filter(Boolean).join(' ').slice(0, 63)
}

/**
 * Bounds the first answer of a connection to what connecting may take, in milliseconds: a pooler lets one in while its server is down or has no connection left, and then
 * does not respond. Returns what every query of the connection goes through. It throws DatabaseUnreachable when that time is over.
 */
export function untilAnswered(
  client: Connected,
  database: Database,
  budget: number,
): <T>(ask: () => Promise<T>) => Promise<T> {
  let answered = false
  return async (ask) => {
    if (answered) return ask()
    let silent = false
    const giveUp = setTimeout(
      () => {
        silent = true
        client.connection.stream.destroy()
      },
      Math.max(leastPatience, budget),
    )
    try {
      return await ask()
    } catch (error) {
      throw silent ? saidNothing(database, budget, error) : error
    } finally {
      clearTimeout(giveUp)
      answered = true
    }
  }
}

function saidNothing(database: Database, budget: number, cause: unknown): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `database ${describeTarget(database)} accepted ${database.user}'s login but did not respond for ${Math.round(budget / 1000)} s`,
    state: ['Nothing was changed.'],
    remedy:
      'if this is a pooler, check that the server behind it is up and that it has a connection left; then run it again; LOTSE_CONNECT_TIMEOUT sets how long to wait',
    cause,
  })
}

/** What pg keeps of BackendKeyData but does not type. */
type BackendKey = { readonly processID: number; readonly secretKey: number }

const cancelRequestCode = 80_877_102

/**
 * Asks the server to cancel what this connection is running, by a CancelRequest on a socket of its own
 * (PostgreSQL docs 54.2.7). It needs no login and no free connection slot. Resolves when the server has closed the socket,
 * or after 1 s: the caller closes the connection next, and client_connection_check_interval then ends the statement.
 */
function cancelStatement(client: pg.Client, { host, port }: Server): Promise<void> {
  const { processID, secretKey } = client as unknown as BackendKey
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(cancelRequestCode, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? openSocket(`${host}/.s.PGSQL.${port}`) : openSocket(port, host)
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('connect', () => socket.write(request))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve())
    socket.resume()
  })
}
