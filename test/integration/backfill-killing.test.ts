import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { until } from '../support/command.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startProxy } from '../support/proxy.ts'
import { randomFrom } from '../support/random.ts'

/** Five majors of PostgreSQL times these make 200. */
const killed = 39
const restarted = 1
const lanes = 4
const seed = Number(process.env.LOTSE_TEST_SEED ?? Math.floor(Math.random() * 1e9))
const amount = 3_000

// Each row takes a fifth of a millisecond and counts how often it was changed.
const files = {
  '001_first.sql': `create table t (id int primary key, n int not null default 0);
    insert into t select n from generate_series(1, ${amount}) n;
    create function slow(int) returns int language plpgsql as 'begin perform pg_sleep(0.0002); return $1; end';`,
}
const fill = { '002_fill.sql': '-- lotse: backfill t(id)\nupdate t set n = slow(n) + 1 where id between $1 and $2;' }
const ways = ['SIGKILL', 'SIGTERM', 'cut', 'SIGKILL', 'frozen'] as const

async function prepared(server?: string) {
  const database = await freshDatabase(server)
  const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  expect((await lotse(['up'], env)).code).toBe(0)
  return { ...database, env: { ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...files, ...fill }) } }
}

const sessions = `select from pg_stat_activity where datname = current_database() and application_name like 'lotse%'`

/** Cursor and rows agree: every row up to it was changed once, none behind it. */
async function agree({ query }: Pick<TestDatabase, 'query'>): Promise<boolean> {
  const [row] = await query('select cursor::int as cursor, keys_done::int as keys from lotse_history_backfills')
  const cursor = row?.cursor ?? (row ? 0 : amount)
  if (row) expect(row.keys).toBe(cursor)
  expect(
    await query(`select count(*)::int as wrong from t where n <> case when id <= ${cursor} then 1 else 0 end`),
  ).toEqual([{ wrong: 0 }])
  return row === undefined
}

test(`${killed} runs of a backfill ended at random moments: every row is changed once (seed ${seed})`, {
  timeout: 240_000,
}, async () => {
  const random = randomFrom(seed)
  let [count, rounds, tries] = [0, 0, 0]
  const lane = async (): Promise<void> => {
    const database = await prepared()
    while (count < killed) {
      const way = ways[tries++ % ways.length] as (typeof ways)[number]
      const network = await startProxy(database.url)
      const run = start(['finish'], { ...database.env, DATABASE_URL: network.url, LOTSE_CONNECT_TIMEOUT: '5s' })
      await run.says(/Backfill 002_fill (begins|goes on)|UpToDate/)
      await delay(random() * 500)
      if (way === 'frozen') network.freeze()
      else if (way === 'cut') network.drop()
      else run.kill(way)
      if (way === 'frozen') {
        await delay(random() * 100)
        run.kill('SIGKILL')
        network.drop()
      }
      const { code, output } = await run.ended
      if (way === 'SIGTERM' && code !== 0) expect(code, output).toBe(143)
      if (way === 'cut') expect(code, output).toBe(0)
      if (code !== 0 || output.includes('Lost the connection')) count++
      // What a killed run was doing is over when the server has noticed.
      await until('the server has noticed', async () => (await database.query(sessions)).length === 0)
      if (!(await agree(database))) continue
      rounds++
      await database.query(`delete from lotse_history where name = '002_fill'; update t set n = 0`)
    }
    const last = await lotse(['finish'], database.env)
    expect(last.code, last.output).toBe(0)
    expect(await agree(database)).toBe(true)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  console.log(`${count} ended, ${rounds} backfills came to their end on the way`)
  expect(count).toBeGreaterThanOrEqual(killed)
})

test(`a backfill outlives ${restarted} crash of the server`, async () => {
  const server = await startPostgres(inject('postgresMajor'))
  onTestFinished(server.stop)
  const database = await prepared(server.url)
  const run = start(['finish'], database.env)
  for (let crash = 0; crash < restarted; crash++) {
    await run.says(new RegExp(`(?:Backfill 002_fill (?:begins|goes on)[^]*){${crash + 1}}`))
    await delay(100)
    await server.restart()
  }
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(output.match(/Lost the connection/g)?.length).toBeGreaterThanOrEqual(restarted)
  expect(await agree(database)).toBe(true)
})
