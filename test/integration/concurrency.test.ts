import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

const table = { '001_table.sql': 'create table t (id int); insert into t select generate_series(1, 1000);' }
const files = {
  ...table,
  '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently t_id on t (id);',
  '003_after.sql': 'create table after (id int);',
}
const indexes = `select c.relname as name, indisvalid as valid from pg_index join pg_class c on c.oid = indexrelid where indrelid = 't'::regclass`
const building = `select phase, current_locker_pid::int from pg_stat_progress_create_index where datname = current_database()`

/** Names of the waiters that are connected, for at least so long. */
const connected = ({ query }: TestDatabase, name: string, age: string) =>
  query(
    `select application_name from pg_stat_activity where datname = current_database()
       and application_name like $1 and clock_timestamp() - backend_start > $2::interval`,
    [`lotse ${name}%`, age],
  )

test('migrators that wait while the holder builds an index concurrently neither stop it nor die, however long they have waited', async () => {
  const database = await freshDatabase()
  const { url, query, connect } = database
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(table) })
  const folder = migrationsFolder(files)
  const run = (release: string) =>
    start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder, LOTSE_RELEASE: release })

  const writer = await connect()
  await writer.query('begin; insert into t values (0)')
  const holder = run('holder')
  await expect.poll(() => query(building), { timeout: 20_000 }).toHaveLength(1)
  const old = ['old-1', 'old-2', 'old-3'].map(run)
  // Twice deadlock_timeout: whoever waits for a lock that long has looked for a deadlock.
  await expect.poll(() => connected(database, 'old', '2s'), { timeout: 30_000 }).toHaveLength(3)
  const young = ['young-1', 'young-2', 'young-3'].map(run)
  await expect.poll(() => connected(database, 'young', '0s'), { timeout: 30_000, interval: 10 }).toHaveLength(3)
  await writer.query('commit')

  const ended = await Promise.all([holder, ...old, ...young].map((each) => each.ended))
  expect(ended.map(({ code }) => code)).toEqual(Array(7).fill(0))
  expect(ended.map(({ output }) => output).join('')).not.toMatch(/deadlock|retrying in|Dropping index/)
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
})

test('twenty migrators at once build the index once, without a deadlock', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files), LOTSE_LOG_FORMAT: 'json' }
  const runs = await Promise.all(Array.from({ length: 20 }, () => lotse(['up'], env)))
  expect(runs.map(({ code }) => code)).toEqual(Array(20).fill(0))
  const events = runs.flatMap((run) => run.events)
  expect(events.filter(({ event }) => event === 'migration.retried')).toEqual([])
  expect(events.filter(({ event }) => event === 'migration.applied').map(({ name }) => name)).toEqual([
    '001_table',
    '002_index',
    '003_after',
  ])
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
})

// The two tests below are about PostgreSQL, not about Lotse: they show on this very server why Lotse polls for its lock, in the
// session that does the work, where most migration tools wait in pg_advisory_lock (shared/facts/migrators.md §2.1).

const waiting = (pid: unknown, age: string) =>
  `select 1 from pg_stat_activity where pid = ${pid} and wait_event = 'advisory' and clock_timestamp() - query_start > interval '${age}'`

test('contrast: an older waiter blocked in pg_advisory_lock kills the index build of the holder and leaves it invalid', async () => {
  const { query, connect } = await freshDatabase()
  await query(table['001_table.sql'])
  const [holder, waiter] = [await connect(), await connect()]
  await holder.query('select pg_advisory_lock(1)')
  const waited = waiter.query('select pg_advisory_lock(1)')
  await expect.poll(() => query(waiting(pid(waiter), '2s')), { timeout: 10_000 }).toHaveLength(1)
  await expect(holder.query('create index concurrently t_id on t (id)')).rejects.toMatchObject({ code: '40P01' })
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: false }])
  await holder.query('select pg_advisory_unlock(1)')
  await waited
})

test('contrast: with the lock on a second connection, a blocked waiter makes the index build hang, and no deadlock is found', async () => {
  const { query, connect } = await freshDatabase()
  await query(table['001_table.sql'])
  const [lock, work, waiter] = [await connect(), await connect(), await connect()]
  await lock.query('select pg_advisory_lock(1)')
  const waited = waiter.query('select pg_advisory_lock(1)')
  await expect.poll(() => query(waiting(pid(waiter), '0s')), { timeout: 10_000 }).toHaveLength(1)
  const built = work.query('create index concurrently t_id on t (id)')
  // Three times deadlock_timeout and nobody was chosen to die: it would hang like this for ever.
  const hanging = `select 1 from pg_stat_activity where pid = ${pid(work)} and state = 'active' and clock_timestamp() - query_start > interval '3s'`
  await expect.poll(() => query(hanging), { timeout: 10_000 }).toHaveLength(1)
  expect(await query(building)).toEqual([{ phase: 'waiting for old snapshots', current_locker_pid: pid(waiter) }])
  await lock.query('select pg_advisory_unlock(1)')
  await Promise.all([waited, built])
})

function pid(client: object): number {
  return (client as { processID: number }).processID
}
