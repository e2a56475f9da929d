import { expect, test } from 'vitest'
import { parseInvocation } from '../../hook/cli/invocation.ts'

const database = (env: Record<string, string>, argv: string[] = []) => {
  const { password, ...rest } = parseInvocation('up', argv, env).config.database
  return { ...rest, password: password() }
}

test('a URL', () => {
  expect(
    database({ DATABASE_URL: 'postgresql://shop:p%40ss@db.example:6432/orders?sslmode=verify-full' }),
  ).toMatchObject({
    servers: [{ host: 'db.example', port: 6432 }],
    name: 'orders',
    user: 'shop',
    password: 'p@ss',
    tls: { mode: 'verify-full' },
  })
})

test('a URL without a password takes it from PGPASSWORD, as every libpq client does', () => {
  expect(database({ DATABASE_URL: 'postgresql://shop@db/orders', PGPASSWORD: '@:/?#' })).toMatchObject({
    password: '@:/?#',
  })
})

test('libpq variables alone', () => {
  expect(database({ PGHOST: 'db', PGUSER: 'shop', PGSSLMODE: 'require' })).toMatchObject({
    servers: [{ host: 'db', port: 5432 }],
    name: 'shop',
    user: 'shop',
    tls: { mode: 'require' },
  })
})

test.each([
  ['postgres://shop@db/orders', 'db'],
  ['postgresql+psycopg2://shop@db/orders', 'db'],
  ['postgresql://shop@[::1]:5432/orders', '::1'],
  ['postgresql:///orders?host=/run/postgresql&user=shop', '/run/postgresql'],
  ['postgresql://shop:secret@/orders?host=/cloudsql/project:region:instance', '/cloudsql/project:region:instance'],
])('%s', (url, host) => {
  expect(database({ DATABASE_URL: url })).toMatchObject({ servers: [{ host }], name: 'orders' })
})

test('a flag wins over the environment, an empty value is not given', () => {
  const env = { DATABASE_URL: 'postgresql://a@env/a', LOTSE_TIMEOUT: '1m', LOTSE_LOCK_WAIT: '' }
  const config = parseInvocation('up', ['--database-url', 'postgresql://b@flag/b', '--timeout', '2m'], env).config
  expect(config.database.servers).toMatchObject([{ host: 'flag' }])
  expect(config.budget).toMatchObject({ run: 120_000, lockWait: 119_000 })
})

test('a printed configuration holds no password', () => {
  const config = parseInvocation('up', [], { DATABASE_URL: 'postgresql://shop:hunter2@db/orders' }).config
  expect(JSON.stringify(config)).not.toContain('hunter2')
})

test('the host may be left to PGHOST by a URL with a user, too', () => {
  expect(database({ DATABASE_URL: 'postgresql://shop:secret@/orders', PGHOST: 'db' })).toMatchObject({
    servers: [{ host: 'db' }],
    user: 'shop',
    password: 'secret',
    name: 'orders',
  })
})

test('the certificates of the system are trusted for verify-full alone, which is then the default, as for libpq', () => {
  const url = 'postgresql://shop@db/orders?sslrootcert=system'
  expect(database({ DATABASE_URL: url }).tls).toEqual({ mode: 'verify-full' })
  expect(() => database({ DATABASE_URL: `${url}&sslmode=require` })).toThrow(
    'sslmode: require is too weak for sslrootcert=system; use verify-full',
  )
})

test('what has to be rolled out before lotse finish changes anything', () => {
  const rollout = (env: Record<string, string>, argv: string[] = []) =>
    parseInvocation('finish', argv, { DATABASE_URL: 'postgresql://shop@db/orders', ...env }).config.rollout
  expect(rollout({})).toBe(undefined)
  expect(rollout({ LOTSE_ROLLOUT: 'shop-web, shop-worker,shop-web', LOTSE_ROLLOUT_VERSION: 'c3d4' })).toEqual({
    deployments: ['shop-web', 'shop-worker'],
    selector: undefined,
    namespace: undefined,
    version: 'c3d4',
    timeout: 600_000,
    soak: 0,
  })
  const flags = ['--rollout-selector', 'app=shop,tier in (web, api)', '--rollout-timeout', '5s', '--soak', '1h']
  expect(rollout({ LOTSE_NAMESPACE: 'shops' }, [...flags, '--rollout-version=v2'])).toMatchObject({
    deployments: [],
    selector: 'app=shop,tier in (web, api)',
    namespace: 'shops',
    version: 'v2',
    timeout: 5_000,
    soak: 3_600_000,
  })
  expect(() => rollout({ LOTSE_ROLLOUT: 'shop-web' })).toThrow('LOTSE_ROLLOUT_VERSION: a rollout is only proven for')
  expect(() => rollout({ LOTSE_ROLLOUT: 'Shop/web', LOTSE_ROLLOUT_VERSION: 'v' })).toThrow('"Shop/web" is not a name')
  for (const [name, value] of [
    ['LOTSE_SOAK', '1h'],
    ['LOTSE_ROLLOUT_VERSION', 'c3d4'],
  ] as const)
    expect(() => rollout({ [name]: value })).toThrow(`${name}: no Deployment is named whose rollout`)
  expect(() => rollout({}, ['--rollout-only'])).toThrow('LOTSE_ROLLOUT: no Deployment is named whose rollout')
  const alone = ['--rollout-only', '--rollout=web', '--rollout-version=v2']
  expect(parseInvocation('finish', alone, {}).config.rollout).toMatchObject({ deployments: ['web'] })
  // Nothing else reads them.
  const env = { DATABASE_URL: 'postgresql://shop@db/orders', LOTSE_ROLLOUT: 'Shop/web', LOTSE_SOAK: 'x' }
  expect(parseInvocation('up', [], env).config.rollout).toBe(undefined)
})
