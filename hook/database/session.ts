import pg from 'pg'
import type { Config } from '../config/config.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { cancelStatement } from './cancel.ts'
import { connect, describeTarget } from './connect.ts'

/** Who runs this, as pg_stat_activity and the history show it. */
export type Identity = { readonly release: string | undefined; readonly pod: string | undefined }

export type Notice = { readonly severity: string; readonly message: string }

/** The one connection of a run: it holds the run lock and runs the migrations, so that lock and work die together. */
export type Session = {
  readonly query: (sql: string, values?: unknown[]) => Promise<pg.QueryResult>
  /** Sends several statements as one message and drops the rows they return. Rejects with a ScriptError. */
  readonly runScript: (sql: string, onNotice: (notice: Notice) => void) => Promise<void>
  /** Runs a statement that must also run after the signal: ROLLBACK, unlock. Never throws; a lost connection does it too. */
  readonly cleanUp: (sql: string) => Promise<void>
  readonly identity: Identity
}

/** A script that failed after `completed` of its statements had ended. */
export class ScriptError extends Error {
  readonly completed: number

  constructor(completed: number, cause: unknown) {
    super('a statement of the script failed', { cause })
    this.completed = completed
  }
}

/**
 * Connects, runs `work` with the session and closes it. When the signal aborts, the running statement is cancelled on the
 * server and the connection closed: PostgreSQL then rolls back and frees the run lock by itself.
 */
export async function withSession<T>(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const client = await connect(config.database, applicationName(config), config.budget.connect, signal, emit)
  const abort = async (): Promise<void> => {
    await cancelStatement(client, config.database)
    // The cancelled statement's own error says where it stood; a network that delivers nothing any more must not hold us.
    setTimeout(() => void client.end(), 1_500).unref()
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const { rows } = await client.query(`select current_setting('server_version') as version`)
    emit({
      event: 'database.connected',
      target: describeTarget(config.database),
      user: config.database.user,
      server: `PostgreSQL ${rows[0].version.split(' ')[0]}`,
      elapsed: performance.now() - started,
    })
    return await work(sessionOf(client, signal, config))
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
  return new Failure(reason.reason, {
    summary: reason.message,
    details: [`While running ${error.message}`, ...error.details],
    state: error.state,
    remedy: reason.remedy,
    cause: error,
  })
}

function sessionOf(client: pg.Client, signal: AbortSignal, { release, pod }: Config): Session {
  return {
    query: async (sql, values) => {
      signal.throwIfAborted()
      return client.query(sql, values)
    },
    runScript: async (sql, onNotice) => {
      signal.throwIfAborted()
      return runScript(client, sql, onNotice)
    },
    cleanUp: async (sql) => void (await client.query(sql).catch(() => {})),
    identity: { release, pod },
  }
}

async function runScript(client: pg.Client, sql: string, onNotice: (notice: Notice) => void): Promise<void> {
  let completed = 0
  const count = (): void => void completed++
  const notice = (message: { severity?: string | undefined; message?: string | undefined }): void =>
    onNotice({ severity: message.severity ?? 'NOTICE', message: message.message ?? '' })
  client.connection.on('commandComplete', count)
  client.on('notice', notice)
  try {
    const query = client.query(new pg.Query(sql))
    // A listener for rows keeps pg from collecting what a SELECT in a migration returns.
    query.on('row', () => {})
    await new Promise<void>((resolve, reject) => {
      query.on('end', () => resolve())
      query.on('error', reject)
    })
  } catch (error) {
    throw new ScriptError(completed, error)
  } finally {
    client.connection.off('commandComplete', count)
    client.off('notice', notice)
  }
}

/** `lotse NAMESPACE/RELEASE POD`, cut to the 63 bytes pg_stat_activity keeps (PostgreSQL docs 19.8.3). */
function applicationName(config: Config): string {
  return ['lotse', config.release, config.pod].filter(Boolean).join(' ').slice(0, 63)
}
