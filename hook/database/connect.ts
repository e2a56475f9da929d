import type { Socket } from 'node:net'
import pg from 'pg'
import type { Database, Server } from '../config/connection.ts'
import type { Emit } from '../event.ts'
import { poll } from '../poll.ts'
import { codeOf, isWorthWaiting, messageOf } from './errors.ts'

/** How the database is called in messages; never with the password. */
export function describeTarget({ name, servers }: Database): string {
  return `${name} at ${servers.map(describeServer).join(',')}`
}

function describeServer({ host, port }: Server): string {
  return `${host}:${port}`
}

/** The same database on this server alone: for connections that are about another one's session. */
export function on(database: Database, server: Server): Database {
  return { ...database, servers: [server] }
}

/** A server is given so many milliseconds to answer, however little of the budget is left. */
export const leastPatience = 1_000

/**
 * Connects, and waits for a database that is not up yet for at most `budget` milliseconds.
 * Throws DatabaseUnreachable: at once where waiting cannot help (wrong password, unknown database, refused TLS), else when
 * the budget is spent. Throws the signal's reason when it aborts.
 */
export async function connect(
  database: Database,
  applicationName: string,
  budget: number,
  signal: AbortSignal,
  emit: Emit,
): Promise<Connected> {
  const target = describeTarget(database)
  const ended = await poll<Connected, unknown>(
    {
      budget,
      signal,
      pause: (looks) => Math.min(250 * 2 ** (looks - 1), 3_000) * (0.75 + Math.random() / 2),
      report: (error, elapsed) => {
        emit({ event: 'database.waiting', target, error: messageOf(error), elapsed, budget })
      },
    },
    async (left) => {
      try {
        const value = await connectOnce(database, applicationName, Math.min(10_000, Math.max(leastPatience, left)))
        return { kind: 'found', value }
      } catch (error) {
        if (!isWorthWaiting(error)) {
          const { refused } = await import('./no-connection.ts')
          const { server } = error as { readonly server?: Server }
          throw refused(server ? describeTarget(on(database, server)) : target, database.user, error)
        }
        return { kind: 'waiting', state: error }
      }
    },
  )
  if (ended.kind === 'timeout') {
    const { unreachable } = await import('./no-connection.ts')
    throw unreachable(target, ended.state, ended.elapsed)
  }
  return ended.value
}

/** A client that notes what its server reports of itself (PostgreSQL docs 55.2.7); pg does not keep it. */
export type Connected = pg.Client & {
  server?: Server
  serverVersion?: string
  serverEncoding?: string
  clientEncoding?: string
}

/** Few ask for what is in there. */
const demands = () => import('./server-demands.ts')

const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const

/**
 * One attempt with each server in order, `timeout` milliseconds for each, until one accepts; a server that refuses the login ends it, as
 * libpq does (PostgreSQL docs 34.1.1.3). Throws what the only server said, or what all of them did.
 */
export async function connectOnce(database: Database, applicationName: string, timeout: number): Promise<Connected> {
  const failures: unknown[] = []
  for (const server of database.servers) {
    try {
      return await connectTo(server, database, applicationName, timeout)
    } catch (error) {
      if (!isWorthWaiting(error)) throw Object.assign(error as Error, { server })
      failures.push(error)
    }
  }
  const [only] = failures
  if (failures.length === 1) throw only
  const said = failures.map(
    (error, index) => `${describeServer(database.servers[index] as Server)}: ${messageOf(error)}`,
  )
  throw Object.assign(new Error(said.join('; ')), { code: codeOf(only) })
}

/** sslmode prefer falls back to plain text when the server has no TLS, as libpq does. */
async function connectTo(
  server: Server,
  database: Database,
  applicationName: string,
  timeout: number,
): Promise<Connected> {
  const attempt = async (ssl: pg.ClientConfig['ssl'], connection?: pg.Connection): Promise<Connected> => {
    const client: Connected = new pg.Client({
      ...server,
      database: database.name,
      user: database.user,
      password: database.password(),
      ssl: ssl ?? false,
      application_name: applicationName,
      connectionTimeoutMillis: timeout,
      ...keepAlive,
      // Given always, since pg would else read PGSSLNEGOTIATION itself.
      sslnegotiation: ssl && database.tls.direct ? 'direct' : 'postgres',
      enableChannelBinding: database.bindChannel,
      ...(connection ? { connection } : {}),
      ...(database.options ? { options: database.options } : {}),
    })
    client.server = server
    client.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'server_version') client.serverVersion = parameterValue
      if (parameterName === 'server_encoding') client.serverEncoding = parameterValue
      if (parameterName === 'client_encoding') client.clientEncoding = parameterValue
    })
    // Without a listener, a server that goes away between two queries would end the process with a stack trace.
    client.on('error', () => {})
    const assertBound = database.bindChannel ? (await demands()).demandChannelBinding(client) : undefined
    await client.connect()
    assertBound?.()
    if (database.sessionAttributes !== 'any') {
      const { demandAttributes } = await demands()
      await demandAttributes(client, database.sessionAttributes, timeout)
    }
    return client
  }
  const { mode, direct: _, passphrase, ...files } = database.tls
  const tls = { ...files, ...(passphrase ? { passphrase: passphrase() } : {}) }
  if (mode === 'disable' || server.host.startsWith('/')) return attempt(false)
  switch (mode) {
    case 'verify-full':
      return attempt(tls)
    case 'verify-ca':
      return attempt({ ...tls, checkServerIdentity: () => undefined })
    case 'require':
      return attempt({ ...tls, rejectUnauthorized: false })
    case 'prefer': {
      const unverified = { ...tls, rejectUnauthorized: false }
      return attempt(unverified, preferringTls({ ssl: unverified, ...keepAlive }))
    }
  }
}

/** What pg has in a connection but does not type. */
type Connection = {
  readonly stream: Socket
  connect: (port: number, host: string) => void
  attachListeners: (stream: Socket) => void
  emit: (event: 'sslconnect') => void
}

/**
 * A connection for sslmode prefer: where the server answers the request for TLS with N, it goes on in plain text on the same
 * socket, as libpq does (PostgreSQL docs, "SSL Session Encryption"). pg by itself gives up there, and a second connection costs a server process.
 */
function preferringTls(config: pg.ConnectionConfig): pg.Connection {
  const connection = new pg.Connection(config)
  const own = connection as unknown as Connection
  const { stream, connect } = own
  own.connect = (port, host) => {
    connect.call(own, port, host)
    const [takeAnswer] = stream.listeners('data')
    stream.removeAllListeners('data').once('data', (answer: Buffer) => {
      if (answer.toString() !== 'N') return takeAnswer?.call(stream, answer)
      own.attachListeners(stream)
      own.emit('sslconnect')
    })
  }
  return connection
}
