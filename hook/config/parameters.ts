/**
 * Every parameter that a connection URL or libpq's environment may carry, and what Lotse does with it: libpq's own (PostgreSQL docs
 * 34.1.2 and 34.15) and those that applications put into the same URL for their drivers. `lotse help connection` prints this list.
 */
export type Parameter = {
  /** Its names in a URL; none for what is only an environment variable. */
  readonly names: readonly string[]
  readonly env?: string
  readonly take: 'honoured' | 'harmless' | 'refused'
  /** The only values taken, of a parameter that is honoured or refused. */
  readonly values?: readonly string[]
  /** What it does, why it changes nothing, or what to use instead. */
  readonly note: string
}

const honoured = (name: string, env: string | undefined, note: string, values?: readonly string[]): Parameter => ({
  names: [name],
  ...(env ? { env } : {}),
  take: 'honoured',
  note,
  ...(values ? { values } : {}),
})
const refused = (name: string, env: string | undefined, note: string, values?: readonly string[]): Parameter => ({
  ...honoured(name, env, note, values),
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
  honoured('host', 'PGHOST', 'host name, IP address or folder of a Unix socket'),
  honoured('port', 'PGPORT', 'port, 5432 by default'),
  honoured('dbname', 'PGDATABASE', 'database, by default named as the user'),
  honoured('user', 'PGUSER', 'user'),
  honoured('password', 'PGPASSWORD', 'password'),
  { names: [], env: 'PGPASSFILE', take: 'honoured', note: 'file of passwords, ~/.pgpass by default' },
  honoured('options', 'PGOPTIONS', 'settings of the session: -c NAME=VALUE'),
  honoured('search_path', undefined, 'search_path of the session; needs LOTSE_SCHEMA unless it starts with public'),
  honoured('currentSchema', undefined, 'the same, as JDBC writes it'),
  honoured('schema', undefined, 'the same, one schema, as Prisma writes it'),
  honoured('sslmode', 'PGSSLMODE', 'as libpq: disable, allow, prefer, require, verify-ca, verify-full; or no-verify'),
  honoured('ssl', undefined, 'true is sslmode=require, false is sslmode=disable'),
  honoured('sslrootcert', 'PGSSLROOTCERT', 'file of CA certificates in PEM, or system'),
  honoured('sslcert', 'PGSSLCERT', 'file of the client certificate'),
  honoured('sslkey', 'PGSSLKEY', 'file of its private key'),
  honoured('sslpassword', undefined, 'passphrase of that key'),
  honoured('sslcrl', 'PGSSLCRL', 'file of revoked certificates in PEM'),
  honoured('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'oldest TLS version', tlsVersions),
  honoured('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', 'newest TLS version', tlsVersions),
  honoured('sslnegotiation', 'PGSSLNEGOTIATION', 'direct needs sslmode=require or stronger', ['postgres', 'direct']),
  honoured('channel_binding', 'PGCHANNELBINDING', 'require: SCRAM bound to the TLS connection, or nothing', [
    'disable',
    'prefer',
    'require',
  ]),
  honoured(
    'target_session_attrs',
    'PGTARGETSESSIONATTRS',
    'read-write and primary wait until the host is that; Lotse needs a server that it can write to',
    ['any', 'read-write', 'primary'],
  ),
  refused('hostaddr', 'PGHOSTADDR', 'use host'),
  refused('passfile', undefined, 'use PGPASSFILE'),
  refused('service', 'PGSERVICE', 'put the settings of the service into the URL'),
  refused('servicefile', undefined, 'put the settings of the service into the URL'),
  refused('require_auth', 'PGREQUIREAUTH', 'use sslmode=verify-full or channel_binding=require'),
  refused('requirepeer', 'PGREQUIREPEER', 'use sslmode=verify-full over TCP'),
  refused('requiressl', 'PGREQUIRESSL', 'use sslmode=require', ['0']),
  refused('gssencmode', 'PGGSSENCMODE', 'use TLS: sslmode=require or stronger', ['disable', 'prefer']),
  refused('sslcertmode', 'PGSSLCERTMODE', 'sslcert decides; remove it', ['allow']),
  refused('sslcrldir', 'PGSSLCRLDIR', 'put the lists into one file and use sslcrl'),
  refused('sslkeylogfile', undefined, 'remove it'),
  refused('sslsni', 'PGSSLSNI', 'Lotse always names the host; remove it', ['1']),
  refused('sslaccept', undefined, 'use sslmode=verify-full', ['accept_invalid_certs']),
  refused('sslidentity', undefined, 'use sslcert and sslkey'),
  refused('scram_client_key', undefined, 'use a password'),
  refused('scram_server_key', undefined, 'use a password'),
  ...['issuer', 'client_id', 'client_secret', 'scope'].map((part) =>
    refused(`oauth_${part}`, undefined, 'use a password or a client certificate'),
  ),
  refused('min_protocol_version', 'PGMINPROTOCOLVERSION', 'Lotse speaks version 3.0; remove it', ['3.0']),
  refused('replication', undefined, 'Lotse needs an ordinary session; remove it', ['false', 'off', 'no', '0']),
  refused('client_encoding', 'PGCLIENTENCODING', 'migrations are UTF-8; remove it', ['utf8', 'utf-8', 'auto']),
  refused('encoding', undefined, 'migrations are UTF-8; remove it', ['utf8', 'utf-8', 'unicode']),
  refused('statement_timeout', undefined, 'use LOTSE_STATEMENT_TIMEOUT'),
  refused('lock_timeout', undefined, 'use LOTSE_LOCK_TIMEOUT'),
  refused('timezone', undefined, inOptions),
  refused('TimeZone', undefined, inOptions),
  refused('targetServerType', undefined, 'use target_session_attrs=primary', ['any']),
  refusedVariable('PGTZ', 'use PGOPTIONS="-c TimeZone=…"'),
  refusedVariable('PGDATESTYLE', 'use PGOPTIONS="-c DateStyle=…"'),
  refusedVariable('PGGEQO', 'use PGOPTIONS="-c geqo=…"'),
  harmless(['application_name'], 'Lotse names the session after release and pod', 'PGAPPNAME'),
  harmless(['fallback_application_name', 'ApplicationName'], 'Lotse names the session after release and pod'),
  harmless(['connect_timeout'], 'LOTSE_CONNECT_TIMEOUT decides', 'PGCONNECT_TIMEOUT'),
  harmless(
    ['loginTimeout', 'timeout', 'socket_timeout', 'socketTimeout'],
    'LOTSE_CONNECT_TIMEOUT and LOTSE_TIMEOUT decide',
  ),
  harmless(
    ['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'tcp_user_timeout', 'tcpKeepAlive'],
    'Lotse sets its own',
  ),
  harmless(['idle_in_transaction_session_timeout'], 'Lotse sets its own'),
  harmless(['load_balance_hosts'], 'there is one host', 'PGLOADBALANCEHOSTS'),
  harmless(['max_protocol_version'], 'Lotse speaks version 3.0', 'PGMAXPROTOCOLVERSION'),
  harmless(['sslcompression'], 'TLS compression is always off', 'PGSSLCOMPRESSION'),
  harmless(['krbsrvname'], 'GSSAPI is not used', 'PGKRBSRVNAME'),
  harmless(['gsslib'], 'GSSAPI is not used', 'PGGSSLIB'),
  harmless(['gssdelegation'], 'GSSAPI is not used', 'PGGSSDELEGATION'),
  harmless([], 'only read together with a service', 'PGSERVICEFILE'),
  harmless(
    [
      ...[
        'pgbouncer',
        'connection_limit',
        'pool_timeout',
        'single_use_connections',
        'conn_max_age',
        'pool',
        'pool_size',
      ],
      ...['pool_max_conns', 'pool_min_conns', 'pool_max_conn_lifetime', 'pool_max_conn_lifetime_jitter'],
      ...['pool_max_conn_idle_time', 'pool_health_check_period'],
    ],
    'concerns the pool of the application; Lotse has one connection',
  ),
  harmless(
    [
      ...['statement_cache_size', 'statement_cache_capacity', 'description_cache_capacity', 'default_query_exec_mode'],
      ...['prepared_statements', 'prepared_statement_cache_size', 'prepareThreshold', 'preparedStatementCacheQueries'],
      ...['reWriteBatchedInserts', 'binary_parameters', 'binary'],
    ],
    'concerns the queries of the application',
  ),
  harmless(['uselibpqcompat'], 'sslmode always means what libpq says'),
]

/** Adds a problem for each parameter of a URL that is unknown, refused, or has a value that is; never quotes a secret. */
export function checkParameters(given: URLSearchParams, source: string, problems: string[]): void {
  for (const [name, value] of new Map(given)) {
    const found = parameters.find(({ names }) => names.includes(name))
    if (!found) problems.push(`${source}: unknown parameter "${name}"; remove it, see lotse help connection`)
    else if (value) checkValue(found, value, `${source}: ${name}`, problems)
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
    if (!value || parameter.names.some((name) => given?.get(name))) continue
    checkValue(parameter, value, parameter.env ?? '', problems)
  }
}

function checkValue({ take, values, note }: Parameter, value: string, where: string, problems: string[]): void {
  if (take === 'harmless' || values?.some((each) => each.toLowerCase() === value.toLowerCase())) return
  if (values) problems.push(`${where}=${value} is not supported, only ${values.join(', ')}: ${note}`)
  else if (take === 'refused') problems.push(`${where} is not supported: ${note}`)
}
