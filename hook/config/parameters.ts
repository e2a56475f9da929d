import { withoutEffect } from './driver-parameters.ts'

/**
 * Every parameter that a connection URL or libpq's environment may carry, and what Lotse does with it: libpq's own (PostgreSQL docs
 * 34.1.2 and 34.15) and those that applications put into the same URL for their drivers. `lotse help connection` prints this list.
 */
export type Parameter = {
  /** Its names in a URL, the one that Lotse asks for first; none for what is only an environment variable. */
  readonly names: readonly string[]
  readonly env?: string
  readonly take: 'honoured' | 'harmless' | 'refused'
  /** The only values taken, of a parameter that is honoured or refused. */
  readonly values?: readonly string[]
  /** What it does, why it changes nothing, or what to use instead. */
  readonly note: string
}

/** Other drivers write some of libpq's names in their own way: `sslmode|ssl-mode`. */
const honoured = (names: string, env: string | undefined, note: string, values?: readonly string[]): Parameter => ({
  names: names.split('|'),
  ...(env ? { env } : {}),
  take: 'honoured',
  note,
  ...(values ? { values } : {}),
})
const refused = (names: string, env: string | undefined, note: string, values?: readonly string[]): Parameter => ({
  ...honoured(names, env, note, values),
  take: 'refused',
})
const refusedVariable = (env: string, note: string): Parameter => ({ names: [], env, take: 'refused', note })
const harmless = (names: readonly string[], note: string, env?: string): Parameter => ({
  names,
  ...(env ? { env } : {}),
  take: 'harmless',
  note,
})

const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const inOptions = 'use options=-c%20NAME%3DVALUE (PGOPTIONS)'

export const parameters: readonly Parameter[] = [
  honoured('host', 'PGHOST', 'host name, IP address or folder of a Unix socket; several by comma, tried in order'),
  honoured('port', 'PGPORT', 'port, 5432 by default; for several hosts one, or one for each'),
  honoured('dbname|database', 'PGDATABASE', 'database, by default named as the user'),
  honoured('user|username', 'PGUSER', 'user'),
  honoured('password', 'PGPASSWORD', 'password'),
  { names: [], env: 'PGPASSFILE', take: 'honoured', note: 'file of passwords, ~/.pgpass by default' },
  honoured('options', 'PGOPTIONS', 'settings of the session: -c NAME=VALUE; or options[NAME]=VALUE, as sqlx writes it'),
  honoured(
    'search_path|currentSchema|schema_search_path',
    undefined,
    'search_path of the session; needs LOTSE_SCHEMA unless it starts with public',
  ),
  honoured('schema', undefined, 'the same, one schema, as Prisma writes it'),
  honoured(
    'sslmode|ssl-mode',
    'PGSSLMODE',
    'as libpq: disable, allow, prefer, require, verify-ca, verify-full; or no-verify',
  ),
  honoured('ssl', undefined, 'true is sslmode=require, false is sslmode=disable'),
  honoured('sslrootcert|ssl-root-cert|ssl-ca', 'PGSSLROOTCERT', 'file of CA certificates in PEM, or system'),
  honoured('sslcert|ssl-cert', 'PGSSLCERT', 'file of the client certificate'),
  honoured('sslkey|ssl-key', 'PGSSLKEY', 'file of its private key'),
  honoured('sslpassword', undefined, 'passphrase of that key'),
  honoured('sslcrl', 'PGSSLCRL', 'file of revoked certificates in PEM'),
  honoured('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'oldest TLS version', tlsVersions),
  honoured('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', 'newest TLS version', tlsVersions),
  honoured('sslnegotiation|sslNegotiation', 'PGSSLNEGOTIATION', 'direct needs sslmode=require or stronger', [
    'postgres',
    'direct',
  ]),
  honoured(
    'channel_binding|channelBinding',
    'PGCHANNELBINDING',
    'require: SCRAM bound to the TLS connection, or nothing',
    ['disable', 'prefer', 'require'],
  ),
  honoured(
    'target_session_attrs',
    'PGTARGETSESSIONATTRS',
    'read-write and primary skip a server that is not that, and wait for one; of several hosts, what writes always takes one that accepts writes',
    ['any', 'read-write', 'primary'],
  ),
  refused('hostaddr', 'PGHOSTADDR', 'use host'),
  refused('passfile', undefined, 'use PGPASSFILE'),
  refused('service', 'PGSERVICE', 'put the settings of the service into the URL'),
  refused('servicefile', undefined, 'put the settings of the service into the URL'),
  refused('require_auth|requireAuth', 'PGREQUIREAUTH', 'use sslmode=verify-full or channel_binding=require'),
  refused('requirepeer', 'PGREQUIREPEER', 'use sslmode=verify-full over TCP'),
  refused('requiressl', 'PGREQUIRESSL', 'use sslmode=require', ['0']),
  refused('gssencmode|gssEncMode', 'PGGSSENCMODE', 'use TLS: sslmode=require or stronger', [
    'disable',
    'allow',
    'prefer',
  ]),
  refused('sslcertmode', 'PGSSLCERTMODE', 'sslcert decides; remove it', ['allow']),
  refused('sslcrldir', 'PGSSLCRLDIR', 'put the lists into one file and use sslcrl'),
  refused('sslkeylogfile', undefined, 'remove it'),
  refused('sslsni', 'PGSSLSNI', 'Lotse always names the host; remove it', ['1']),
  refused('sslaccept', undefined, 'use sslmode=verify-full', ['accept_invalid_certs']),
  refused('sslidentity', undefined, 'use sslcert and sslkey'),
  refused('sslinline', undefined, 'use files: sslrootcert, sslcert, sslkey', ['false']),
  refused('sslfactory|sslfactoryarg|sslhostnameverifier|sslpasswordcallback', undefined, 'use sslmode and sslrootcert'),
  refused(
    'socketFactory|socketFactoryArg',
    undefined,
    'use the host that leads to the database (a proxy, a Unix socket)',
  ),
  refused('authenticationPluginClassName', undefined, 'use a password or a client certificate'),
  refused('localSocketAddress', undefined, 'remove it'),
  refused('scram_client_key', undefined, 'use a password'),
  refused('scram_server_key', undefined, 'use a password'),
  ...['issuer', 'client_id', 'client_secret', 'scope'].map((part) =>
    refused(`oauth_${part}`, undefined, 'use a password or a client certificate'),
  ),
  refused('min_protocol_version', 'PGMINPROTOCOLVERSION', 'Lotse speaks version 3.0; remove it', ['3.0']),
  refused('replication', undefined, 'Lotse needs an ordinary session; remove it', ['false', 'off', 'no', '0']),
  refused('client_encoding', 'PGCLIENTENCODING', 'migrations are UTF-8; remove it', ['utf8', 'utf-8', 'auto']),
  refused('encoding|charset', undefined, 'migrations are UTF-8; remove it', ['utf8', 'utf-8', 'unicode']),
  refused('statement_timeout|x-statement-timeout', undefined, 'use LOTSE_STATEMENT_TIMEOUT'),
  refused('lock_timeout', undefined, 'use LOTSE_LOCK_TIMEOUT'),
  refused('timezone|TimeZone', undefined, inOptions),
  refused('role|assume_role', undefined, 'use options=-c%20role%3DNAME (PGOPTIONS)'),
  refused('isolation_level', undefined, 'use options=-c%20default_transaction_isolation%3DLEVEL (PGOPTIONS)'),
  refused('readOnly|readOnlyMode', undefined, 'Lotse needs a session that writes; remove it', ['false', 'ignore']),
  refused('targetServerType', undefined, 'use target_session_attrs=primary', ['any']),
  refusedVariable('PGTZ', 'use PGOPTIONS="-c TimeZone=…"'),
  refusedVariable('PGDATESTYLE', 'use PGOPTIONS="-c DateStyle=…"'),
  refusedVariable('PGGEQO', 'use PGOPTIONS="-c geqo=…"'),
  harmless(['application_name'], 'Lotse names the session after release and pod', 'PGAPPNAME'),
  harmless(['fallback_application_name', 'ApplicationName'], 'Lotse names the session after release and pod'),
  harmless(['connect_timeout'], 'LOTSE_CONNECT_TIMEOUT decides', 'PGCONNECT_TIMEOUT'),
  harmless(
    ['load_balance_hosts', 'loadBalanceHosts', 'hostRecheckSeconds', 'load_balance', 'topology_keys'],
    'hosts are tried in their order',
    'PGLOADBALANCEHOSTS',
  ),
  harmless(['max_protocol_version'], 'Lotse speaks version 3.0', 'PGMAXPROTOCOLVERSION'),
  harmless(['sslcompression'], 'TLS compression is always off', 'PGSSLCOMPRESSION'),
  ...['PGKRBSRVNAME', 'PGGSSLIB', 'PGGSSDELEGATION'].map((env) => harmless([], 'GSSAPI is not used', env)),
  harmless([], 'only read together with a service', 'PGSERVICEFILE'),
  harmless(['uselibpqcompat'], 'sslmode always means what libpq says'),
  ...withoutEffect.map(({ names, note }) => harmless(names.trim().split(/\s+/), note)),
]

/** How sqlx writes a setting of the session. */
const option = /^options\[([\w.]+)\]$/

/** Reads a URL's parameters by libpq's name, whichever of its names is given. Undefined for what is not given or empty. */
export function reader(given: URLSearchParams | undefined): (name: string) => string | undefined {
  return (name) => valuesOf(given, parameters.find(({ names }) => names[0] === name)?.names ?? [name])[0]
}

/** The settings that a URL gives one by one, as libpq's `options` has them. */
export function singleOptions(given: URLSearchParams | undefined): string[] {
  return [...new Map(given)].flatMap(([name, value]) => {
    const setting = option.exec(name)?.[1]
    return setting ? [`-c ${setting}=${escapeOption(value)}`] : []
  })
}

/** In `options`, a backslash keeps a space or a backslash from ending the value (PostgreSQL docs 34.1.2). */
export function escapeOption(value: string): string {
  return value.replaceAll(/[\s\\]/g, '\\$&')
}

/** The different values of a parameter, by all of its names; an empty one is none. */
function valuesOf(given: URLSearchParams | undefined, names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => given?.getAll(name) ?? []))].filter(Boolean)
}

/**
 * Adds a problem for each parameter of a URL that is unknown, refused, has a value that is, or is given twice with different values;
 * never quotes a secret.
 */
export function checkParameters(given: URLSearchParams, source: string, problems: string[]): void {
  const told = new Set<Parameter>()
  for (const name of new Set(given.keys())) {
    const found = parameters.find(({ names }) => names.includes(name))
    if (!found && !option.test(name))
      problems.push(
        `${source}: unknown parameter "${name}"; remove it, or write a setting of the server as options=-c%20NAME%3DVALUE; see lotse help connection`,
      )
    if (found?.take === 'harmless' || (found && told.has(found))) continue
    if (found) told.add(found)
    const values = valuesOf(given, found?.names ?? [name])
    if (values.length > 1) {
      const written = found?.names.filter((each) => given.has(each)).join(' and ') ?? name
      problems.push(`${source}: ${written} has ${values.length} different values; keep one`)
    } else if (found && values[0]) checkValue(found, values[0], `${source}: ${name}`, problems)
  }
}

/** The same for libpq's environment variables; one that a parameter of the URL overrides is no problem. */
export function checkVariables(
  env: Readonly<Record<string, string | undefined>>,
  given: URLSearchParams | undefined,
  problems: string[],
): void {
  for (const parameter of parameters) {
    const value = parameter.env && env[parameter.env]
    if (!value || valuesOf(given, parameter.names).length > 0) continue
    checkValue(parameter, value, parameter.env ?? '', problems)
  }
}

function checkValue({ take, values, note }: Parameter, value: string, where: string, problems: string[]): void {
  if (take === 'harmless' || values?.some((each) => each.toLowerCase() === value.toLowerCase())) return
  if (values) problems.push(`${where}=${value} is not supported, only ${values.join(', ')}: ${note}`)
  else if (take === 'refused') problems.push(`${where} is not supported: ${note}`)
}
