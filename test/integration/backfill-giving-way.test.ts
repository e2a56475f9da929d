import pg from 'pg'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { until } from '../support/command.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { type Server, startPostgres } from '../support/postgres-server.ts'

/** One server with an archive that fails, a replica and an eager autovacuum. */
let server: Server
let replica: string

beforeAll(async () => {
  const settings = ['archive_mode=on', 'autovacuum_naptime=1s']
  server = await startPostgres(inject('postgresMajor'), { settings, segment: 1 })
  replica = (await server.standby()).url
  await ask(server.url, `alter system set archive_command = 'true'`, 'select pg_reload_conf()')
})
afterAll(() => server.stop())

async function ask(url: string, ...statements: readonly string[]): Promise<pg.QueryResult['rows']> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    let rows: pg.QueryResult['rows'] = []
    for (const sql of statements) rows = (await client.query(sql)).rows
    return rows
  } finally {
    await client.end()
  }
}

const rows = 3_000

/** A table in which each row counts how often it was changed, and its backfill. */
async function prepared(manner = '', change = 'n + 1') {
  const database = await freshDatabase(server.url)
  await database.query(
    `create table t (id int primary key, n int not null default 0) with (autovacuum_enabled = off);
     insert into t select n from generate_series(1, ${rows}) n; analyze t`,
  )
  const first = { '001_first.sql': 'select 1' }
  const env = { DATABASE_URL: database.url }
  expect((await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(first) })).code).toBe(0)
  const fill = `-- lotse: backfill t(id)\n${manner}update t set n = ${change} where id between $1 and $2;`
  return { ...database, env: { ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...first, '002_fill.sql': fill }) } }
}

const changed = async ({ query }: { query: (sql: string) => Promise<pg.QueryResult['rows']> }): Promise<unknown> =>
  (await query('select min(n) as least, max(n) as most from t'))[0]

async function breakArchive(): Promise<void> {
  await ask(server.url, `alter system set archive_command = 'false'`, 'select pg_reload_conf()')
  onTestFinished(mendArchive)
  const filling = Array.from({ length: 50 }, () => [
    'create table if not exists wal ()',
    'drop table wal',
    'select pg_switch_wal()',
  ])
  await ask(server.url, ...filling.flat())
  await until('the archive fails', async () => {
    const [archiver] = await ask(server.url, 'select failed_count > 0 as failing from pg_stat_archiver')
    return archiver?.failing
  })
}

async function mendArchive(): Promise<void> {
  await ask(server.url, `alter system set archive_command = 'sleep 0.02'`, 'select pg_reload_conf()')
}

test('it waits for an archive that fails, and goes on once that is on the heels of the server again', async () => {
  const database = await prepared()
  await breakArchive()
  const run = start(['finish'], database.env)
  await run.says(/002_fill holding: [4-9]\d segments of WAL wait for their archive/)
  expect((await lotse(['status'], database.env)).output).toMatch(/0 rows done.*, holding: \d+ segments of WAL wait/)
  expect(await changed(database)).toEqual({ least: 0, most: 0 })
  await mendArchive()
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await changed(database)).toEqual({ least: 1, most: 1 })
})

test('it waits for a replica that applies late', async () => {
  // More than a second of work: a third of a millisecond a row.
  const database = await prepared('-- lotse: max-lag 700ms\n', 'n + 1 + length(pg_sleep(0.0003)::text)')
  await ask(replica, `alter system set recovery_min_apply_delay = '1s'`, 'select pg_reload_conf()')
  onTestFinished(async () => {
    await ask(replica, 'alter system reset recovery_min_apply_delay', 'select pg_reload_conf()')
  })
  const run = start(['finish'], database.env)
  await run.says(/002_fill holding: replica \S+ (is|would soon be) [1-9] s behind/)
  expect(await database.query('select from t where n = 0')).not.toHaveLength(0)
  await ask(replica, 'alter system reset recovery_min_apply_delay', 'select pg_reload_conf()')
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await changed(database)).toEqual({ least: 1, most: 1 })
})

test('it waits for autovacuum of the table', async () => {
  const database = await prepared()
  await database.query(
    `update t set n = n;
     alter table t set (autovacuum_enabled = on, autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`,
  )
  const worker = await until('autovacuum is at it', async () => {
    const [found] = await database.query(
      `select pid from pg_stat_progress_vacuum join pg_stat_activity using (pid)
        where relid = 't'::regclass and backend_type = 'autovacuum worker'`,
    )
    return found?.pid as number | undefined
  })
  const run = start(['finish'], database.env)
  await run.says(new RegExp(`002_fill holding: the table is vacuumed \\(pid ${worker}, `))
  expect(await changed(database)).toEqual({ least: 0, most: 0 })
  // This waits for autovacuum, which then gives way itself.
  await database.query('alter table t set (autovacuum_enabled = off)')
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await changed(database)).toEqual({ least: 1, most: 1 })
})

test('what its role may not see is said once each, and no reason to wait nor to fail', async () => {
  const database = await prepared('-- lotse: max-lag 500ms\n')
  const role = `filler_${new URL(database.url).pathname.slice(-6)}`
  await database.query(
    `create role ${role} login; grant all on schema public to ${role}; grant all on t, lotse_history to ${role}`,
  )
  onTestFinished(() => database.query(`drop owned by ${role}; drop role ${role}`).then(() => {}))
  await breakArchive()
  await ask(replica, 'select pg_wal_replay_pause()')
  onTestFinished(() => ask(replica, 'select pg_wal_replay_resume()').then(() => {}))
  const vacuumer = await database.connect()
  await vacuumer.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1')
  const vacuum = vacuumer.query('vacuum (freeze, disable_page_skipping) t').catch(() => {})
  await until('it is vacuumed', async () => (await database.query('select from pg_stat_progress_vacuum')).length > 0)
  const url = Object.assign(new URL(database.url), { username: role }).href
  const { code, output } = await lotse(['finish'], { ...database.env, DATABASE_URL: url })
  await database.query('select pg_cancel_backend(pid) from pg_stat_progress_vacuum')
  await vacuum
  expect(code, output).toBe(0)
  const unseen = [...output.matchAll(/002_fill cannot see (.*), and does not wait for that: GRANT pg_monitor TO /g)]
  expect(unseen.map(([, what]) => what).sort()).toEqual([
    'how far replicas are behind',
    'how much WAL waits for its archive',
    'which table is vacuumed',
  ])
  expect(output).not.toContain('holding')
  expect(await changed(database)).toEqual({ least: 1, most: 1 })
})
