import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { until } from '../support/command.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startProxy } from '../support/proxy.ts'
import { randomFrom } from '../support/random.ts'

/** Five majors of PostgreSQL times these make 200. */
const [killed, restarted] = [34, 6]
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

/** Cursor and rows agree, at any moment: every row up to it was changed once, none behind it. Returns whether the backfill is recorded. */
async function agree({ query }: Pick<TestDatabase, 'query'>): Promise<boolean> {
  const [seen] = await query(
    `select under_way, keys, (select count(*)::int from t where n <> case when id <= cursor then 1 else 0 end) as wrong, cursor
       from (select count(*)::int as under_way, coalesce(max(keys_done), ${amount})::int as keys,
                    case count(*) when 0 then ${amount} else coalesce(max(cursor::int), 0) end as cursor
               from lotse_history_backfills) as it`,
  )
  expect(seen).toMatchObject({ wrong: 0, keys: seen?.cursor })
  return seen?.under_way === 0
}

/** After a backfill has come to its end: another one, over the same rows. */
async function again({ query }: Pick<TestDatabase, 'query'>): Promise<void> {
  await query(`delete from lotse_history where name = '002_fill'; update t set n = 0`)
}

test(`${killed} runs of a backfill ended and ${restarted} crashes of its server, at random moments: every row is changed once (seed ${seed})`, {
  timeout: 240_000,
}, async () => {
  const random = randomFrom(seed)
  const ended = { SIGKILL: 0, SIGTERM: 0, cut: 0, frozen: 0, restart: 0 }
  const sum = (): number => ended.SIGKILL + ended.SIGTERM + ended.cut + ended.frozen
  let [tries, rounds] = [0, 0]
  const killing = async (): Promise<void> => {
    const database = await prepared()
    while (sum() < killed) {
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
      if (code !== 0 || output.includes('Lost the connection')) ended[way]++
      // What a killed run was doing is over when the server has noticed.
      await until('the server has noticed', async () => (await database.query(sessions)).length === 0)
      if (!(await agree(database))) continue
      rounds++
      await again(database)
    }
    await finished(database)
  }
  const crashing = async (): Promise<void> => {
    const server = await startPostgres(inject('postgresMajor'))
    onTestFinished(server.stop)
    const database = await prepared(server.url)
    while (ended.restart < restarted) {
      const run = start(['finish'], database.env)
      let isOver = false
      const over = run.ended.finally(() => {
        isOver = true
      })
      // One run outlives three in a row.
      for (let crash = 1; crash <= 3; crash++) {
        const begun = new RegExp(`(?:Backfill 002_fill (?:begins|goes on)[^]*){${crash}}`)
        await Promise.race([run.says(begun).catch(() => {}), over])
        if (isOver) break
        await delay(random() * 500)
        await server.restart()
        await agree(database)
      }
      const { code, output } = await over
      expect(code, output).toBe(0)
      ended.restart += output.match(/Lost the connection/g)?.length ?? 0
      expect(await agree(database)).toBe(true)
      await again(database)
      rounds++
    }
    await finished(database)
  }
  await Promise.all([crashing(), ...Array.from({ length: lanes }, killing)])
  console.log(`${JSON.stringify(ended)}; ${rounds} backfills came to their end on the way`)
  expect(sum()).toBeGreaterThanOrEqual(killed)
})

async function finished(database: Awaited<ReturnType<typeof prepared>>): Promise<void> {
  const { code, output } = await lotse(['finish'], database.env)
  expect(code, output).toBe(0)
  expect(await agree(database)).toBe(true)
}
