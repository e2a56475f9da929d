import { expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startProxy, type Verdict } from '../support/proxy.ts'

/** What runs twice leaves two marks. */
const files = {
  '001_marks.sql': 'create table marks (name text); insert into marks values ($$one$$);',
  '002_more.sql': 'insert into marks values ($$two$$);',
  '003_steps.sql':
    '-- lotse: no-transaction\ninsert into marks values ($$three$$);\ncreate index concurrently marks_name on marks (name);\ninsert into marks values ($$four$$);',
}
const marks = 'select name, count(*)::int as times from marks group by name order by min(ctid::text)'
const once = ['one', 'two', 'three', 'four'].map((name) => ({ name, times: 1 }))
const history = `select name from lotse_history where state = 'applied' order by position`
const all = Object.keys(files).map((file) => ({ name: file.replace('.sql', '') }))

/** Says `verdict` to the COMMIT with this number and forwards everything else. */
function atCommit(number: number, verdict: Verdict): (message: Buffer) => Verdict {
  let commits = 0
  return (message) => (message.includes('commit\0') && ++commits === number ? verdict : 'forward')
}

/** The first two files commit once, the third with each insert and when it is done. */
const commits = [1, 2, 3, 4, 5]

test.each(commits)(
  'connection lost before COMMIT %i reaches the server: it is done by a new session, once',
  async (number) => {
    const { url, query } = await freshDatabase()
    const proxy = await startProxy(url, atCommit(number, 'drop before'))
    const run = await lotse(['up'], { DATABASE_URL: proxy.url, LOTSE_MIGRATIONS: migrationsFolder(files) })
    expect(run.code, run.output).toBe(0)
    expect(run.output).toMatch(/Lost the connection .*reconnecting; the history shows what was committed/)
    expect(await query(marks)).toEqual(once)
    expect(await query(history)).toEqual(all)
  },
)

test.each(commits)(
  'connection lost after COMMIT %i, before its answer: it is found done and not done again',
  async (number) => {
    const { url, query } = await freshDatabase()
    const proxy = await startProxy(url, atCommit(number, 'drop after'))
    const run = await lotse(['up'], { DATABASE_URL: proxy.url, LOTSE_MIGRATIONS: migrationsFolder(files) })
    expect(run.code, run.output).toBe(0)
    expect(run.output).toMatch(/Lost the connection .*reconnecting; the history shows what was committed/)
    expect(await query(marks)).toEqual(once)
    expect(await query(history)).toEqual(all)
  },
)

test('a DO block of a file without a transaction, lost between its end and its record, is not done twice', async () => {
  const { url, query } = await freshDatabase()
  let cut = false
  const proxy = await startProxy(url, (message) => {
    const records = !cut && message.includes('set statements = statements ||')
    cut ||= records
    return records ? 'drop before' : 'forward'
  })
  const folder = migrationsFolder({
    '001_marks.sql': 'create table marks (name text);',
    '002_block.sql': `-- lotse: no-transaction\ndo $$ begin insert into marks values ('block'); end $$;`,
  })
  const run = await lotse(['up'], { DATABASE_URL: proxy.url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(cut).toBe(true)
  expect(await query(marks)).toEqual([{ name: 'block', times: 1 }])
})

const slow = {
  ...files,
  '004_slow.sql':
    'insert into marks values ($$slow$$); select pg_sleep(case when exists (select from gate) then 60 else 0 end);',
}
const sleeping = `select pid from pg_stat_activity where datname = current_database() and application_name like 'lotse%' and wait_event = 'PgSleep'`

test('a session that is terminated in the middle of a migration is replaced, and the migration begins anew', async () => {
  const { url, query } = await freshDatabase()
  await query('create table gate ()')
  await query('insert into gate default values')
  const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(slow) })
  await expect.poll(() => query(sleeping), { timeout: 20_000 }).toHaveLength(1)
  await query('delete from gate')
  await query(`select pg_terminate_backend(pid) from (${sleeping}) as s`)
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await query(marks)).toEqual([...once, { name: 'slow', times: 1 }])
})

test('a server that restarts at once in the middle of a migration is waited for, and the run goes on by itself', async () => {
  const server = await startPostgres(inject('postgresMajor'))
  onTestFinished(server.stop)
  const { url, query } = await freshDatabase(server.url)
  await query('create table gate ()')
  await query('insert into gate default values')
  const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(slow) })
  await expect.poll(() => query(sleeping), { timeout: 20_000 }).toHaveLength(1)
  await query('delete from gate')
  await server.restart()
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await query(marks)).toEqual([...once, { name: 'slow', times: 1 }])
  expect(await query(history)).toHaveLength(4)
})
