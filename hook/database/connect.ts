import type { Socket } from 'node:net'
import pg from 'pg'
import type { Database } from '../config/connection.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'
import { demandAttributes, demandChannelBinding } from './demands.ts'
import { codeOf, isWorthWaiting, messageOf } from './errors.ts'

/** How the database is called in messages; never with the password. */
export function describeTarget(database: Database): string {
  return `${database.name} at ${database.host}:${database.port}`
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
        if (!isWorthWaiting(error)) throw refused(database, error)
        return { kind: 'waiting', state: error }
      }
    },
  )
  if (ended.kind === 'timeout') throw unreachable(database, ended.state, ended.elapsed)
  return ended.value
}

/** A client that notes what its server reports of itself (PostgreSQL docs 55.2.7); pg does not keep it. */
export type Connected = pg.Client & { serverVersion?: string; serverEncoding?: string; clientEncoding?: string }

const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const

/** One attempt. sslmode prefer falls back to plain text when the server has no TLS, as libpq does. */
export async function connectOnce(database: Database, applicationName: string, timeout: number): Promise<Connected> {
  const attempt = async (ssl: pg.ClientConfig['ssl'], connection?: pg.Connection): Promise<Connected> => {
    const client: Connected = new pg.Client({
      host: database.host,
      port: database.port,
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
    client.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'server_version') client.serverVersion = parameterValue
      if (parameterName === 'server_encoding') client.serverEncoding = parameterValue
      if (parameterName === 'client_encoding') client.clientEncoding = parameterValue
    })
    // Without a listener, a server that goes away between two queries would end the process with a stack trace.
    client.on('error', () => {})
    const assertBound = database.bindChannel ? demandChannelBinding(client) : undefined
    await client.connect()
    assertBound?.()
    if (database.sessionAttributes !== 'any') await demandAttributes(client, database.sessionAttributes, timeout)
    return client
  }
  const { mode, direct: _, passphrase, ...files } = database.tls
  const tls = { ...files, ...(passphrase ? { passphrase: passphrase() } : {}) }
  if (mode === 'disable' || database.host.startsWith('/')) return attempt(false)
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

function unreachable(database: Database, cause: unknown, elapsed: number): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `database ${describeTarget(database)} did not answer within ${Math.round(elapsed / 1000)} s: ${messageOf(cause)}`,
    state: ['Nothing was changed.'],
    remedy:
      'check that the database is up and that host and port are right, then run it again; LOTSE_CONNECT_TIMEOUT sets how long to wait',
    cause,
  })
}

const untrusted =
  "name the CA that signed the server's certificate in sslrootcert (PGSSLROOTCERT; in the chart database.tls.caSecret or caConfigMap). A managed database's provider publishes it as a bundle, for Amazon RDS global-bundle.pem"

/** By SQLSTATE, or by the code of OpenSSL (Node.js docs, TLS, "X509 certificate error codes"). */
const remedies: Record<string, string> = {
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  '28P01': 'check user and password (DATABASE_URL or PGPASSWORD; in the chart, the Secret they are read from)',
  '28000': 'check user, pg_hba.conf and sslmode: the server does not accept this user over this connection',
  '3D000': 'create the database, or correct its name',
  '42501': 'GRANT CONNECT ON DATABASE to this user',
}

function refused(database: Database, cause: unknown): Failure {
  const code = codeOf(cause)
  const sqlstate = /^[0-9A-Z]{5}$/.test(code) ? ` (SQLSTATE ${code})` : ''
  const missing = /client password must be/.test(messageOf(cause))
  const reason = missing ? 'it asks for a password, and none was given' : `${messageOf(cause)}${sqlstate}`
  const tls = /certificate|self-signed|SSL|TLS/i.test(`${code} ${messageOf(cause)}`)
  const options = /startup parameter/.test(messageOf(cause))
  const optionsRemedy =
    'the pooler in front of this database accepts no options: remove options, search_path or schema from the URL (and PGOPTIONS), or connect to the database itself'
  const otherRemedy = 'correct the connection settings and run it again'
  const tlsRemedy = 'check sslmode (PGSSLMODE) and the CA certificate (PGSSLROOTCERT): TLS with this server failed'
  return new Failure('DatabaseUnreachable', {
    summary: `database ${describeTarget(database)} refused user ${database.user}: ${reason}`,
    state: ['Nothing was changed. Waiting would not help, so this was not tried again.'],
    remedy: remedies[missing ? '28P01' : code] ?? (options ? optionsRemedy : tls ? tlsRemedy : otherRemedy),
    cause,
  })
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
