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
