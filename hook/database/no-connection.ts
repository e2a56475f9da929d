import { Failure } from '../failure.ts'
import { codeOf, messageOf } from './errors.ts'

/** No server accepted a connection within the budget; `elapsed` in milliseconds. */
export function unreachable(target: string, cause: unknown, elapsed: number): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `database ${target} did not answer within ${Math.round(elapsed / 1000)} s: ${messageOf(cause)}`,
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

/** A server is there and does not let us in: waiting does not help. */
export function refused(target: string, user: string, cause: unknown): Failure {
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
    summary: `database ${target} refused user ${user}: ${reason}`,
    state: ['Nothing was changed. Waiting would not help, so this was not tried again.'],
    remedy: remedies[missing ? '28P01' : code] ?? (options ? optionsRemedy : tls ? tlsRemedy : otherRemedy),
    cause,
  })
}
