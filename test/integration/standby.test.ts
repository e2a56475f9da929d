import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { freePort, startPostgres } from '../support/postgres-server.ts'
import { startProxy } from '../support/proxy.ts'

async function primaryAndStandby(major: string) {
  const primary = await startPostgres(major)
  onTestFinished(primary.stop)
  const standby = await primary.standby()
  const ask = async (sql: string): Promise<pg.QueryResult['rows']> => {
    const client = new pg.Client(standby.url)
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  return { primary, standby, ask }
}

const migrations = { '001_first.sql': 'create table a (n int)' }

test.each(['14', '18'])(
  'a standby of PostgreSQL %s that becomes the primary is waited for, and migrated',
  async (major) => {
    const { standby, ask } = await primaryAndStandby(major)
    const run = start(['up', '--migrations', migrationsFolder(migrations)], { DATABASE_URL: standby.url })
    await run.says(/Waiting for database .*: it is a read-only standby; waiting for it to become the primary/)
    await ask('select pg_promote()')
    const { code, output } = await run.ended
    expect(code, output).toBe(0)
    expect(await ask(`select to_regclass('a') is not null as there`)).toEqual([{ there: true }])
  },
)

test.each(['14', '18'])('a standby of PostgreSQL %s that stays one is told when the budget is spent', async (major) => {
  const { standby } = await primaryAndStandby(major)
  const { code, output } = await lotse(
    ['up', '--migrations', migrationsFolder(migrations), '--connect-timeout', '3s'],
    { DATABASE_URL: standby.url },
  )
  expect(code, output).toBe(21)
  expect(output).toMatch(/is a read-only standby, and did not become the primary within 3 s/)
  expect(output).toMatch(/Next: connect to the primary/)
})

test('a guard waits for a standby to become the primary, and a gate reads one', async () => {
  const { primary, standby, ask } = await primaryAndStandby('18')
  const folder = migrationsFolder(migrations)
  const guard = start(['guard', '--', 'true'], { DATABASE_URL: standby.url })
  await guard.says(/it is a read-only standby/)
  expect((await lotse(['up', '--migrations', folder], { DATABASE_URL: primary.url })).code).toBe(0)
  const gate = await lotse(['wait', '--migrations', folder, '--timeout', '30s'], { DATABASE_URL: standby.url })
  expect(gate.code, gate.output).toBe(0)
  // A trace writes: not to a standby, and not to the primary of the standby that the check reads.
  const more = migrationsFolder({ ...migrations, '002_more.sql': 'create table more ()' })
  const onStandby = await lotse(['check', '--trace', standby.url, '--migrations', more])
  expect(onStandby.code, onStandby.output).toBe(21)
  expect(onStandby.output).toMatch(/the scratch database .* is a read-only standby/)
  const env = { DATABASE_URL: standby.url, LOTSE_TRACE_URL: primary.url }
  const onPrimary = await lotse(['check', '--trace', '--migrations', more], env)
  expect(onPrimary.code, onPrimary.output).toBe(20)
  expect(onPrimary.output).toMatch(/--trace leads to the database itself \(or a copy of its files\)/)
  expect(await ask(`select to_regclass('more') as there`)).toEqual([{ there: null }])
  await ask('select pg_promote()')
  const { code, output } = await guard.ended
  expect(code, output).toBe(0)
})

test('a name that leads to a standby, and after a failover to the primary, is followed by every command that needs the primary', async () => {
  const { primary, standby, ask } = await primaryAndStandby('18')
  const folder = migrationsFolder(migrations)
  // There is no history of goose to adopt: 23 says that the primary was asked.
  for (const [expected, ...command] of [
    [23, 'adopt', '--from', 'goose'],
    [0, 'baseline', '--to', '001_first'],
    [0, 'repair', 'pending', '001_first'],
    [0, 'up'],
    [0, 'guard', '--', 'true'],
  ] as const) {
    const network = await startProxy(standby.url)
    const run = start(command, { DATABASE_URL: network.url, LOTSE_MIGRATIONS: folder, PATH: process.env.PATH ?? '' })
    await run.says(/it is a read-only standby; waiting for it to become the primary/)
    network.lead(primary.url)
    const { code, output } = await run.ended
    expect(code, `${command[0]}: ${output}`).toBe(expected)
  }
  await expect
    .poll(() => ask(`select to_regclass('a') is not null as there`), { timeout: 10_000 })
    .toEqual([{ there: true }])
})

test('a failover that does not come is waited for within one budget by guard, too', async () => {
  const { standby } = await primaryAndStandby('18')
  const { code, output } = await lotse(['guard', '--connect-timeout', '3s', '--', 'true'], {
    DATABASE_URL: standby.url,
  })
  expect(code, output).toBe(21)
  expect(output).toMatch(/is a read-only standby, and did not become the primary within [23](\.\d)? s/)
})

test('a connection that is cut while the failover goes on is made anew by a guard', async () => {
  const { primary, standby } = await primaryAndStandby('18')
  const network = await startProxy(standby.url)
  const guard = start(['guard', '--', 'true'], { DATABASE_URL: network.url, PATH: process.env.PATH ?? '' })
  await guard.says(/it is a read-only standby; waiting for it to become the primary/)
  network.lead(`postgresql://postgres@127.0.0.1:${await freePort()}/postgres`)
  network.drop()
  await guard.says(/Lost the connection/)
  network.lead(primary.url)
  const { code, output } = await guard.ended
  expect(code, output).toBe(0)
})

const several = (...urls: readonly string[]): string => {
  const [first = ''] = urls
  return first.replace(new URL(first).host, urls.map((url) => new URL(url).host).join(','))
}

test.each(['14', '18'])('of several hosts, PostgreSQL %s, the one that takes writes is migrated', async (major) => {
  const { primary, standby } = await primaryAndStandby(major)
  const folder = migrationsFolder(migrations)
  const gone = `postgresql://postgres@127.0.0.1:${await freePort()}/postgres`
  const env = { DATABASE_URL: several(gone, standby.url, primary.url), LOTSE_MIGRATIONS: folder }
  const up = await lotse(['up'], env)
  expect(up.code, up.output).toBe(0)
  expect(up.output).toContain(`Connected to database postgres at 127.0.0.1:${primary.port}`)
  const gate = await lotse(['wait'], env)
  expect(gate.code, gate.output).toBe(0)
  expect(gate.output).toContain('UpToDate')
})

test('with none of several hosts that takes writes, each is told with what it said', async () => {
  const { standby } = await primaryAndStandby('18')
  const port = await freePort()
  const DATABASE_URL = several(`postgresql://postgres@127.0.0.1:${port}/postgres`, standby.url)
  const { code, output } = await lotse(
    ['up', '--migrations', migrationsFolder(migrations), '--connect-timeout', '2s'],
    {
      DATABASE_URL,
    },
  )
  expect(code, output).toBe(21)
  expect(output).toMatch(
    new RegExp(`127.0.0.1:${port}: connect ECONNREFUSED .*; 127.0.0.1:${standby.port}: the session is read-only`),
  )
})

test('a failover in the middle of up, wait and guard is followed to the other host', async () => {
  const { primary, standby, ask } = await primaryAndStandby('18')
  const first = await startProxy(primary.url)
  const env = { DATABASE_URL: several(first.url, standby.url), PATH: process.env.PATH ?? '' }
  const sleep = `do $$ begin if inet_server_port() = ${primary.port} then perform pg_sleep(600); end if; end $$`
  const folder = migrationsFolder({ ...migrations, '002_slow.sql': `${sleep}; create table b ()` })
  const up = start(['up', '--migrations', folder], env)
  const sleeping = `select from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`
  const onPrimary = new pg.Client(primary.url)
  await onPrimary.connect()
  await expect.poll(async () => (await onPrimary.query(sleeping)).rowCount, { timeout: 20_000 }).toBe(1)
  const gate = start(['wait', '--migrations', folder, '--timeout', '60s'], env)
  await gate.says(/Waiting for .*002_slow/)
  // The standby has what was committed before the other one is gone for good.
  await expect.poll(() => ask(`select from lotse_history where name = '001_first'`)).toHaveLength(1)
  await onPrimary.end()
  first.lead(`postgresql://127.0.0.1:${await freePort()}/`)
  first.drop()
  await ask('select pg_promote()')
  const ended = await up.ended
  expect(ended.code, ended.output).toBe(0)
  expect(ended.output).toContain('Lost the connection to database')
  const opened = await gate.ended
  expect(opened.code, opened.output).toBe(0)
  const guard = await lotse(['guard', '--', 'true'], env)
  expect(guard.code, guard.output).toBe(0)
  expect(await ask(`select to_regclass('b') is not null as there`)).toEqual([{ there: true }])
})
