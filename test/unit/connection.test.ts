import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseInvocation } from '../../hook/cli/invocation.ts'
import { parameters } from '../../hook/config/parameters.ts'
import { Failure } from '../../hook/failure.ts'

const base = 'postgresql://shop:hunter2@db/orders'
const database = (query: string, env: Record<string, string> = {}, argv: string[] = []) =>
  parseInvocation('up', argv, { DATABASE_URL: base + query, ...env }).config.database

const failureOf = (work: () => unknown): Failure => {
  try {
    work()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('it is taken')
}
const refusal = (query: string, env: Record<string, string> = {}): string => {
  const { message, details } = failureOf(() => database(query, env))
  return [message, ...details].join('\n')
}

/** PostgreSQL docs 34.1.2, versions 14 to 18. */
const libpq =
  `host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding
  options application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout
  replication gssencmode sslmode requiressl sslnegotiation sslcompression sslcert sslkey sslkeylogfile sslpassword sslcertmode
  sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version ssl_max_protocol_version min_protocol_version
  max_protocol_version krbsrvname gsslib gssdelegation scram_client_key scram_server_key service servicefile target_session_attrs
  load_balance_hosts oauth_issuer oauth_client_id oauth_client_secret oauth_scope`.split(/\s+/)

/** PostgreSQL docs 34.15, versions 14 to 18. */
const variables =
  `PGHOST PGSSLNEGOTIATION PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGREQUIREAUTH PGCHANNELBINDING
  PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGREQUIRESSL PGSSLCOMPRESSION PGSSLCERT PGSSLKEY PGSSLCERTMODE PGSSLROOTCERT
  PGSSLCRL PGSSLCRLDIR PGSSLSNI PGREQUIREPEER PGSSLMINPROTOCOLVERSION PGSSLMAXPROTOCOLVERSION PGGSSENCMODE PGKRBSRVNAME PGGSSLIB
  PGGSSDELEGATION PGCONNECT_TIMEOUT PGCLIENTENCODING PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS PGMINPROTOCOLVERSION
  PGMAXPROTOCOLVERSION PGDATESTYLE PGTZ PGGEQO`.split(/\s+/)

test('every parameter and every variable of libpq is honoured, harmless or refused, each once', () => {
  const names = parameters.flatMap((each) => each.names)
  const env = parameters.flatMap((each) => each.env ?? [])
  expect(libpq.filter((name) => !names.includes(name))).toEqual([])
  expect(variables.filter((name) => !env.includes(name))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(env).size).toBe(env.length)
})

const refusedOnes = parameters.filter(({ take }) => take === 'refused')

test.each(refusedOnes.flatMap(({ names, note }) => names.map((name) => [name, note] as const)))(
  '?%s= is refused by name, with what to do: %s',
  (name, note) => {
    expect(refusal(`?${name}=x`)).toContain(`DATABASE_URL: ${name}`)
    expect(refusal(`?${name}=x`)).toContain(note)
  },
)

test.each(refusedOnes.flatMap(({ env, note }) => (env ? [[env, note] as const] : [])))(
  '%s is refused: %s',
  (env, note) => {
    expect(refusal('', { [env]: 'x' })).toMatch(new RegExp(`: ${env}(=x)? is not supported`))
    expect(refusal('', { [env]: 'x' })).toContain(note)
    expect(() => database('', { [env]: '' })).not.toThrow()
  },
)

test.each(refusedOnes.flatMap(({ names: [name], values }) => (values ?? []).map((value) => [name, value] as const)))(
  '?%s=%s changes nothing and is taken',
  (name, value) => {
    const { password: _, ...plain } = database('')
    const { password: __, ...given } = database(`?${name}=${value}`)
    expect(given).toEqual(plain)
  },
)

test.each(parameters.filter(({ take }) => take === 'harmless').flatMap(({ names }) => names))(
  '?%s= changes nothing',
  (name) => {
    const { password: _, ...plain } = database('')
    const { password: __, ...given } = database(`?${name}=5`)
    expect(given).toEqual(plain)
  },
)

test('an unknown parameter is refused by its name, as psql does; its value is not shown', () => {
  expect(refusal('?bogus=hunter2')).toBe(
    'the configuration is wrong: DATABASE_URL: unknown parameter "bogus"; remove it, or write a setting of the server as options=-c%20NAME%3DVALUE; see lotse help connection',
  )
  expect(refusal('?a=1&b=2')).toContain('- DATABASE_URL: unknown parameter "b"')
})

/** What hosts and frameworks hand out, and what their drivers take, beside what libpq knows. */
test.each([
  ['Supabase for Vercel', '?sslmode=require&supa=base-pooler.x'],
  ['Supabase for Prisma', '?pgbouncer=true&sslmode=require&workaround=supabase-pooler.vercel'],
  ['Neon', '?sslmode=require&channel_binding=require'],
  ['Symfony', '?serverVersion=16&charset=utf8'],
  ['Prisma', '?connection_limit=5&pool_timeout=2&max_connection_lifetime=600&max_idle_connection_lifetime=60'],
  ['sqlx', '?ssl-mode=require&statement-cache-capacity=0'],
  ['node-postgres', '?max=20&query_timeout=5000&connectionTimeoutMillis=2000&idleTimeoutMillis=100&keepAlive=true'],
  ['postgres.js', '?max=1&idle_timeout=20&max_lifetime=1800&prepare=false&fetch_types=false'],
  ['Rails', '?pool=5&checkout_timeout=10&reaping_frequency=30&prepared_statements=false&encoding=unicode'],
  ['Django', '?conn_max_age=600&conn_health_checks=true'],
  [
    'JDBC',
    '?prepareThreshold=0&ApplicationName=shop&reWriteBatchedInserts=true&stringtype=unspecified&tcpKeepAlive=true',
  ],
  ['pgx', '?pool_max_conns=10&pool_min_idle_conns=1&default_query_exec_mode=simple_protocol'],
  ['lib/pq', '?binary_parameters=yes&connect_timeout=10'],
  ['golang-migrate', '?x-migrations-table=history&x-multi-statement=true'],
  ['asyncpg and SQLAlchemy', '?ssl=require&prepared_statement_cache_size=0&command_timeout=60'],
  ['Ecto', '?ssl=true&pool_size=10&queue_target=500'],
])('a URL as %s writes it is taken: %s', (_, query) => {
  const { tls, options, searchPath } = database(query)
  expect([options, searchPath]).toEqual([undefined, undefined])
  expect(tls.mode).toBe(/ssl(-?mode)?=(require|true)/.test(query) ? 'require' : 'prefer')
})

test("other drivers' names for a parameter of libpq's mean the same", () => {
  expect(refusal('?ssl-ca=/nowhere/ca.pem')).toContain('sslrootcert: cannot read /nowhere/ca.pem: ENOENT')
  expect(database('?channelBinding=require').bindChannel).toBe(true)
  expect(database('?schema_search_path=tenant', {}, ['--schema', 'tenant']).searchPath).toBe('tenant')
  expect(database('?options[app.tenant]=a%20b&options[geqo]=off').options).toBe('-c app.tenant=a\\ b -c geqo=off')
  expect(database('?options=-c%20x.y%3D1&options[geqo]=off').options).toBe('-c x.y=1 -c geqo=off')
})

test.each([
  ['?sslmode=require&sslmode=disable', 'sslmode has 2 different values; keep one'],
  ['?sslmode=require&ssl-mode=disable', 'sslmode and ssl-mode has 2 different values; keep one'],
  ['?password=hunter3&password=hunter4', 'password has 2 different values; keep one'],
  ['?options[geqo]=on&options[geqo]=off', 'options[geqo] has 2 different values; keep one'],
  ['?schema=one&search_path=two', 'schema: one contradicts the search_path two; remove one of them'],
])('%s: what is given twice is said once', (query, message) => {
  expect(refusal(query)).toContain(message)
  expect(refusal(query)).not.toContain('hunter')
})

test('the same value twice, or an empty one beside it, is no contradiction', () => {
  expect(database('?sslmode=require&sslmode=require').tls.mode).toBe('require')
  expect(database('?sslmode=&sslmode=require').tls.mode).toBe('require')
  expect(refusal('?gssencmode=&gssencmode=require')).toContain('gssencmode=require is not supported')
})

/** What psql 15 sends to a server for these, but for the host. */
test.each([
  ['postgresql://h/db?user=a&password=x@y/z', 'a', 'x@y/z', 'h', 'db'],
  ['postgresql://h/db?user=a&password=x#y', 'a', 'x#y', 'h', 'db'],
  ['postgresql://shop:4711?hunter=2@h/db', 'shop', '4711?hunter=2', 'h', 'db'],
  ['postgresql://shop:hun#ter@h/db?sslmode=prefer', 'shop', 'hun#ter', 'h', 'db'],
  ['postgresql://a:x@h/db?user=b&password=y', 'b', 'y', 'h', 'db'],
  ['postgresql://a:x@h/db?host=/sockets&dbname=other', 'a', 'x', '/sockets', 'other'],
  ['postgresql://a:x@/db?host=other', 'a', 'x', 'other', 'db'],
  ['postgresql://a@h/db#1', 'a', undefined, 'h', 'db#1'],
])('%s is read as psql reads it', (DATABASE_URL, user, password, host, name) => {
  const { config } = parseInvocation('up', [], { DATABASE_URL })
  expect(config.database).toMatchObject({ user, name, servers: [{ host, port: 5432 }] })
  expect(config.database.password()).toBe(password)
})

test.each([
  'postgresql://shop:47/11?hunter@db/orders',
  'postgresql://shop:47/11?hunter=2@db/orders',
  'postgresql://shop?hunter=2@db/orders',
  'postgresql://h?user=a&password=hunter2@db',
])('%s is the end of a password, of which nothing is shown', (url) => {
  const { message, details } = failureOf(() => parseInvocation('up', [], { DATABASE_URL: url }))
  expect(message).toContain('must be percent-encoded')
  expect([message, ...details].join()).not.toContain('hunter')
})

test('what a URL says wins over the variable', () => {
  expect(database('?target_session_attrs=any', { PGTARGETSESSIONATTRS: 'standby' }).sessionAttributes).toBe('any')
  expect(refusal('', { PGTARGETSESSIONATTRS: 'standby' })).toContain(
    'PGTARGETSESSIONATTRS=standby is not supported, only any, read-write, primary',
  )
})

test.each([
  ['?ssl=true', 'require'],
  ['?ssl=1', 'require'],
  ['?ssl=false', 'disable'],
  ['?ssl=verify-full', 'verify-full'],
  ['?sslmode=no-verify', 'require'],
  ['?ssl=true&sslmode=verify-full', 'verify-full'],
])('%s: sslmode %s', (query, mode) => {
  expect(database(query).tls.mode).toBe(mode)
})

test('ssl=true never goes on unencrypted', () => {
  expect(refusal('?ssl=true&sslmode=prefer')).toContain('sslmode: prefer contradicts ssl=true')
  expect(database('?ssl=true', { PGSSLMODE: 'disable' }).tls.mode).toBe('require')
  expect(refusal('?ssl=maybe')).toContain('ssl: "maybe" is unknown')
})

test('channel_binding=require and sslnegotiation=direct need TLS', () => {
  expect(database('?channel_binding=require').bindChannel).toBe(true)
  expect(database('', { PGCHANNELBINDING: 'require' }).bindChannel).toBe(true)
  expect(refusal('?channel_binding=require&sslmode=disable')).toContain('channel_binding: require needs TLS')
  expect(refusal('?channel_binding=sometimes')).toContain('channel_binding=sometimes is not supported')
  expect(refusal('?sslnegotiation=direct')).toContain('sslmode: prefer is too weak for sslnegotiation=direct')
})

test('the passphrase, the lists and the versions of TLS reach the connection, and no print', () => {
  const { tls } = database('?sslpassword=hunter3&ssl_min_protocol_version=TLSv1.3&sslmode=require')
  expect(tls).toMatchObject({ minVersion: 'TLSv1.3' })
  expect(tls.passphrase?.()).toBe('hunter3')
  expect(JSON.stringify(tls)).not.toContain('hunter3')
  expect(refusal('?sslcrl=/nowhere/crl.pem')).toContain('sslcrl: cannot read /nowhere/crl.pem: ENOENT')
})

const history = ['--schema', 'tenant']
test.each([
  ['?schema=tenant', '-c search_path="tenant"'],
  ['?schema=My%20Tenant', '-c search_path="My\\ Tenant"'],
  ['?currentSchema=tenant,public', '-c search_path=tenant,public'],
  ['?search_path=public,extensions', '-c search_path=public,extensions'],
  ['?search_path=tenant,%20public&options=-c%20x.y%3D1', '-c x.y=1 -c search_path=tenant,\\ public'],
  ['?schema=public', undefined],
])('%s: options %s', (query, options) => {
  expect(database(query, {}, history).options).toBe(options)
})

test('two schemas of one database do not share a history unasked', () => {
  expect(refusal('?schema=tenant')).toContain(
    'LOTSE_SCHEMA: the database URL sets the search_path "tenant", and the history would be in public',
  )
  expect(() => database('?schema=public')).not.toThrow()
  const env = { DATABASE_URL: `${base}?schema=tenant` }
  expect(() => parseInvocation('guard', ['--', 'prisma'], env), 'another tool keeps its own history').not.toThrow()
  expect(() => parseInvocation('new', ['init'], env)).not.toThrow()
})

test.each([
  [
    'PGPASSWORD',
    { DATABASE_URL: '', PGHOST: 'db', PGUSER: 'shop', PGPASSWORD: 'hunter2\n' },
    'PGPASSWORD: the password',
  ],
  ['PGHOST', { DATABASE_URL: '', PGHOST: 'db\n', PGUSER: 'shop' }, 'PGHOST: the host'],
  ['PGUSER', { DATABASE_URL: '', PGHOST: 'db', PGUSER: 'shop\r\n', PGDATABASE: 'shop' }, 'PGUSER: the user'],
  ['PGSSLMODE', { PGSSLMODE: 'require\n' }, 'sslmode: "require\\n" is unknown'],
])('a line break at the end of %s is named, in one line', (_, env, message) => {
  const text = refusal('', env)
  expect(text).toContain(message)
  expect(text).not.toContain('\n')
  expect(text).not.toContain('hunter2')
})

test('a CA file that is no PEM says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const der = file('ca.der', Buffer.from([0x30, 0x82, 0x01]))
  expect(refusal(`?sslrootcert=${der}`)).toContain(`sslrootcert: ${der} holds no certificate in PEM`)
  const broken = file('ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  expect(refusal('', { PGSSLROOTCERT: broken })).toContain(
    `sslrootcert: certificate 1 of 1 in ${broken} cannot be read`,
  )
})

test.each<[string, Record<string, string>, string]>([
  ['postgresql://shop:x@one,two/orders', {}, 'one:5432,two:5432'],
  ['postgresql://shop:x@one:6432,two,[fd00::3]:6434/orders', {}, 'one:6432,two:5432,fd00::3:6434'],
  ['postgresql://shop:a,b@one,two/orders', {}, 'one:5432,two:5432'],
  ['postgresql://shop:x@one,two/orders?port=6432', {}, 'one:6432,two:6432'],
  ['postgresql://shop@/orders?host=one,two&port=1,2', {}, 'one:1,two:2'],
  ['postgresql://shop@/orders?host=/run/a,/run/b', {}, '/run/a:5432,/run/b:5432'],
  ['postgresql://shop@one,two/orders', { PGPORT: '6432' }, 'one:6432,two:6432'],
  ['', { PGHOST: 'one,two', PGPORT: '1,2', PGUSER: 'shop' }, 'one:1,two:2'],
  ['', { PGHOST: 'one,two', PGPORT: ',2', PGUSER: 'shop' }, 'one:5432,two:2'],
])('several hosts are tried in their order: %s %o', (DATABASE_URL, env, wanted) => {
  const { servers, sessionAttributes } = parseInvocation('up', [], { DATABASE_URL, ...env }).config.database
  expect(servers.map(({ host, port }) => `${host}:${port}`).join()).toBe(wanted)
  expect(sessionAttributes).toBe('read-write')
})

test('of several hosts, what only reads takes the first that answers, unless the URL says otherwise', () => {
  const attributes = (verb: 'up' | 'wait' | 'status', query = '') =>
    parseInvocation(verb, [], { DATABASE_URL: `postgresql://shop@one,two/orders${query}` }).config.database
      .sessionAttributes
  expect([attributes('up'), attributes('wait'), attributes('status')]).toEqual(['read-write', 'any', 'any'])
  expect(attributes('wait', '?target_session_attrs=primary')).toBe('primary')
  expect(attributes('up', '?target_session_attrs=primary')).toBe('primary')
})

test.each([
  ['postgresql://shop:hunter2@one,,three/orders', 'DATABASE_URL: one of the hosts is empty; remove a comma'],
  ['postgresql://shop:hunter2@one,two/orders?port=1,2,3', 'port: 3 ports for 2 hosts'],
  ['postgresql://shop:hunter2@one,two:port/orders', 'DATABASE_URL: is not a well-formed URL'],
])('hosts that are none are refused: %s', (DATABASE_URL, wanted) => {
  const { message, details } = failureOf(() => parseInvocation('up', [], { DATABASE_URL }))
  const said = [message, ...details].join('\n')
  expect(said).toContain(wanted)
  expect(said).not.toContain('hunter2')
})
