import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPostgres } from '../support/postgres-server.ts'

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
