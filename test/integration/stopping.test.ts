import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { migrationsFolder, start } from '../support/lotse.ts'
import { startProxy } from '../support/proxy.ts'

const long = {
  'a long statement': { '001_long.sql': 'create table half (id int);\nselect pg_sleep(120);' },
  'a statement inside of a DO block': {
    '001_long.sql': 'create table half (id int);\ndo $$ begin perform pg_sleep(120); end $$;',
  },
  'a statement without a transaction': { '001_long.sql': '-- lotse: no-transaction\nselect pg_sleep(120);' },
  'a query of a script': { '001_long.ts': `export const up = ({ context }) => context.query('select pg_sleep(120)')` },
  'a script that waits for something else than the database': {
    '001_long.ts': `export const up = async ({ context }) => {
      await context.query('create table half (id int)')
      await context.query('select 1 as waits')
      await new Promise((resolve) => setTimeout(resolve, 120_000))
    }`,
  },
}

/** In the server and outside of it. */
const both = Object.entries(long).filter((_, index, { length }) => index === 0 || index === length - 1)

/** The migration has come to where it stays. */
const there = ({ query }: TestDatabase) =>
  query(
    `select 1 from pg_stat_activity where datname = current_database() and application_name like 'lotse%' and (wait_event = 'PgSleep' or query like '%waits%')`,
  )
const left = `select 1 from pg_stat_activity where datname = current_database() and application_name like 'lotse%'`

test.each(Object.entries(long))(
  'SIGTERM ends %s within 5 s, with 143, a message and nothing left behind',
  async (_, files) => {
    const database = await freshDatabase()
    const { url, query } = database
    const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
    await expect.poll(() => there(database), { timeout: 20_000 }).toHaveLength(1)
    const signalled = performance.now()
    run.kill('SIGTERM')
    const { code, terminationMessage, output } = await run.ended
    expect(performance.now() - signalled).toBeLessThan(5_000)
    expect(code, output).toBe(143)
    expect(terminationMessage).toContain('Interrupted: stopped by SIGTERM')
    await expect.poll(() => query(left), { timeout: 3_000 }).toEqual([])
    expect(await query(`select to_regclass('half') as half`)).toEqual([{ half: null }])
  },
)

test.each(both)('the budget of the run ends %s with a message', async (_, files) => {
  const { url, query } = await freshDatabase()
  const run = start(['up', '--timeout', '6s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  const started = performance.now()
  const { code, terminationMessage, output } = await run.ended
  expect(performance.now() - started).toBeLessThan(6_000 + 8_000)
  expect(code, output).toBe(24)
  expect(terminationMessage).toContain('the run did not finish within its 6 s')
  await expect.poll(() => query(left), { timeout: 3_000 }).toEqual([])
  expect(await query(`select to_regclass('half') as half`)).toEqual([{ half: null }])
})

test.each(both)('SIGTERM ends %s within 5 s, even when the network delivers nothing any more', async (_, files) => {
  const database = await freshDatabase()
  const proxy = await startProxy(database.url)
  const run = start(['up'], { DATABASE_URL: proxy.url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  await expect.poll(() => there(database), { timeout: 20_000 }).toHaveLength(1)
  proxy.freeze()
  const signalled = performance.now()
  run.kill('SIGTERM')
  const { code, terminationMessage, output } = await run.ended
  expect(performance.now() - signalled).toBeLessThan(5_000)
  expect(code, output).toBe(143)
  expect(terminationMessage).toContain('Interrupted: stopped by SIGTERM')
})
