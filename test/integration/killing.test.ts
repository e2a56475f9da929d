import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, type Run, type Started, start } from '../support/lotse.ts'
import { type Network, startProxy } from '../support/proxy.ts'
import { randomFrom } from '../support/random.ts'

/**
 * Runs are ended at random moments, in every way a run can end, and the next one has to make the best of it without help. The
 * migrations count what they do: each leaves a mark wherever its effect is in the database, and a mark that is there twice, or
 * without its history, is a lie. Five majors of PostgreSQL times `killed` make more than 200.
 */
const killed = 42
const lanes = 6
const seed = Number(process.env.LOTSE_TEST_SEED ?? Math.floor(Math.random() * 1e9))

// pg_sleep makes the moments in which something is half done longer than those in which Node starts.
const files = {
  '001_tables.sql': `create table marks (name text);
    create table t (id int, a int);
    insert into t select n, n from generate_series(1, 100) n;
    create index t_old on t (a);
    create function slow(int) returns int immutable language plpgsql as 'begin perform pg_sleep(0.0005); return $1; end';
    insert into marks values ('001_tables');`,
  '002_column.sql': `alter table t add column b int;
    update t set b = a; select pg_sleep(0.05);
    insert into marks values ('002_column');`,
  '003_steps.sql': `-- lotse: no-transaction
    insert into marks values ('003_steps 1');
    create index concurrently t_slow on t (slow(a));
    insert into marks select '003_steps 2' from pg_sleep(0.02);
    create unique index concurrently t_id on t (slow(id));
    drop index concurrently t_old;
    do $$ begin insert into marks values ('003_steps 3'); perform pg_sleep(0.02); end $$;
    reindex index concurrently t_slow;
    vacuum t;
    insert into marks values ('003_steps 4');`,
  '004_script.ts': `export const up = async ({ context }: { context: { query: (sql: string, values?: unknown[]) => Promise<unknown> } }) => {
      await context.query('create table s (n int)')
      await context.query('insert into marks values ($1)', ['004_script'])
      await new Promise((next) => setTimeout(next, 50))
      await context.query('alter table s add column m int')
    }`,
  '005_alone.ts': `// lotse: no-transaction
    export const up = async ({ context }) => {
      await context.query('create table if not exists alone (n int primary key)')
      await context.query('insert into alone values (1) on conflict do nothing')
      await context.query("insert into marks select '005_alone' where not exists (select from marks where name = '005_alone')")
    }`,
  '006_last.sql': `create table last (id int); insert into marks values ('006_last');`,
}
const names = Object.keys(files).map((file) => file.replace(/\.\w+$/, ''))
const steps = ['003_steps 1', '003_steps 2', '003_steps 3', '003_steps 4']
const marksOf = (name: string): string[] => (name === '003_steps' ? steps : [name])

const ways = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGTERM', 'cut and killed', 'cut and mended'] as const
type Way = (typeof ways)[number]

test(`${killed} runs ended at random moments leave what the next run continues from (seed ${seed})`, {
  timeout: 240_000,
}, async () => {
  const folder = migrationsFolder(files)
  const took = await typicalDuration(folder)
  const random = randomFrom(seed)
  const ended = Object.fromEntries(ways.map((way) => [way, 0])) as Record<Way, number>
  const lockTimes: number[] = []
  let [count, tries] = [0, 0]
  const lane = async (): Promise<void> => {
    while (count < killed) {
      const way = ways[tries++ % ways.length] as Way
      const moment = random() * took
      const told = `way ${way}, after ${Math.round(moment)} of ${Math.round(took)} ms, seed ${seed}`
      if (!(await story(folder, way, moment, told, lockTimes))) continue
      count++
      ended[way]++
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const slowest = Math.round(Math.max(...lockTimes))
  console.log(
    `PostgreSQL ${inject('postgresMajor')}: ${count} runs killed of ${tries}, ${JSON.stringify(ended)}; run lock free after ${slowest} ms at most; LOTSE_TEST_SEED=${seed}`,
  )
  expect(count).toBeGreaterThanOrEqual(killed)
})

/** One run ended in its way at its moment, and the one after it. Returns whether it was still running then. */
async function story(folder: string, way: Way, moment: number, told: string, lockTimes: number[]): Promise<boolean> {
  const database = await freshDatabase()
  const proxy = await startProxy(database.url)
  const env = { LOTSE_MIGRATIONS: folder, LOTSE_LOCK_WAIT: '20s' }
  const run = start(['up'], { ...env, DATABASE_URL: proxy.url })
  await Promise.race([delay(moment), run.ended])
  const result = await end(run, way, proxy, told)
  if (result.code === 0 && way !== 'cut and mended') return false
  lockTimes.push(await lockFree(database, told))
  await assertAgreement(database, told)
  const next = await lotse(['up'], { ...env, DATABASE_URL: database.url })
  expect(next.code, `${told}\n${result.output}\n--- next\n${next.output}`).toBe(0)
  await assertComplete(database, `${told}\n${result.output}\n--- next\n${next.output}`)
  return result.code !== 0 || result.output.includes('Lost the connection')
}

async function end(run: Started, way: Way, proxy: Network, told: string): Promise<Run> {
  switch (way) {
    case 'SIGKILL':
      run.kill('SIGKILL')
      return run.ended
    case 'SIGTERM': {
      const signalled = performance.now()
      run.kill('SIGTERM')
      const result = await run.ended
      expect(performance.now() - signalled, `${told}\n${result.output}`).toBeLessThan(5_000)
      // Before Node runs our first line, the signal ends it as it ends every process, and there is nothing to tell.
      if (result.output) expect([0, 143], `${told}\n${result.output}`).toContain(result.code)
      return result
    }
    // A lost node says no goodbye: its process is gone, and the server learns of it only when it stops believing in the
    // connection. On a network that takes the tcp_keepalives and tcp_user_timeout of the session, about 25 s, in which the next
    // run waits for the lock. A socket on loopback always answers keepalives, so the test drops it in place of the kernel.
    case 'cut and killed':
      proxy.freeze()
      run.kill('SIGKILL')
      await run.ended
      proxy.drop()
      return run.ended
    // The network comes back to a run that is alive: it has to go on by itself.
    case 'cut and mended': {
      proxy.freeze()
      await delay(100)
      proxy.drop()
      const result = await run.ended
      expect(result.code, `${told}\n${result.output}`).toBe(0)
      return result
    }
  }
}

/** Milliseconds from the end of a run until the server holds no run lock any more: 3 s are promised from PostgreSQL 14 on. */
async function lockFree({ query }: TestDatabase, told: string): Promise<number> {
  const since = performance.now()
  const held = `select pid, state, wait_event, query from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and datname = current_database()`
  await expect.poll(() => query(held), { timeout: 3_000, interval: 50, message: told }).toEqual([])
  return performance.now() - since
}

/** What the history says of each migration, and of each statement of the one that runs in steps, is in the database, and nothing else. */
async function assertAgreement({ query }: TestDatabase, told: string): Promise<void> {
  const [there] = await query(
    `select to_regclass('lotse_history') is not null as history, to_regclass('marks') is not null as marks`,
  )
  const history = there?.history
    ? await query('select name, state, cardinality(statements) as done from lotse_history')
    : []
  const marks = (there?.marks ? await query('select name from marks') : []).map(({ name }) => name)
  // The script without a transaction records itself after what it did; that it bears being repeated is its own business.
  const found = marks.filter((name) => name !== '005_alone')
  const expected = history.flatMap(({ name, state, done }) => {
    if (state === 'applied') return marksOf(name)
    return name === '003_steps' ? steps.slice(0, [0, 1, 1, 2, 2, 2, 3, 3, 3, 4][done]) : []
  })
  expect(found.sort(), told).toEqual(expected.filter((name) => name !== '005_alone').sort())
}

async function assertComplete({ query }: TestDatabase, told: string): Promise<void> {
  const history = await query('select name, state from lotse_history order by position')
  expect(history, told).toEqual(names.map((name) => ({ name, state: 'applied' })))
  const marks = await query('select name from marks order by name')
  expect(
    marks.map(({ name }) => name),
    told,
  ).toEqual(names.flatMap(marksOf))
  const indexes = await query(
    `select c.relname as name, indisvalid and indisready as valid from pg_index join pg_class c on c.oid = indexrelid where indrelid = 't'::regclass order by 1`,
  )
  expect(indexes, told).toEqual([
    { name: 't_id', valid: true },
    { name: 't_slow', valid: true },
  ])
  expect(await query('select count(*)::int as rows, count(b)::int as filled from t'), told).toEqual([
    { rows: 100, filled: 100 },
  ])
}

async function typicalDuration(folder: string): Promise<number> {
  const { url } = await freshDatabase()
  const started = performance.now()
  const runs = await Promise.all(
    [url, (await freshDatabase()).url].map((each) => lotse(['up'], { DATABASE_URL: each, LOTSE_MIGRATIONS: folder })),
  )
  expect(
    runs.map(({ code }) => code),
    runs[0]?.output,
  ).toEqual([0, 0])
  return performance.now() - started
}

test.each([
  ['a statement', 'select pg_sleep(120);'],
  ['a statement without a transaction', '-- lotse: no-transaction\nselect pg_sleep(120);'],
  ['a DO block', 'do $$ begin perform pg_sleep(120); end $$;'],
  ['an index build', '-- lotse: no-transaction\ncreate index concurrently t_id on t (id);'],
  ['a wait for a table', '-- lotse: lock-timeout 60s\nalter table t add column a int;'],
])('SIGKILL in the middle of %s ends it on the server and frees the lock within 3 s', async (_, sql) => {
  const database = await freshDatabase()
  const { url, query, connect } = database
  await query('create table t (id int)')
  const writer = await connect()
  await writer.query('begin; insert into t values (1)')
  const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_long.sql': sql }) })
  const stays = `select 1 from pg_stat_activity where datname = current_database() and application_name like 'lotse%' and wait_event_type in ('Timeout', 'Lock')`
  await expect.poll(() => query(stays), { timeout: 20_000 }).not.toEqual([])
  run.kill('SIGKILL')
  await run.ended
  await lockFree(database, sql)
  expect(await query(stays)).toEqual([])
})
