import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { earlierLotse } from '../support/earlier.ts'
import { lotse } from '../support/lotse.ts'
import { folderOf, goose } from '../support/other-tools.ts'

const files = {
  '00001_first.sql': 'create table n (n int); insert into n values (1);',
  '00001_first.down.sql': 'drop table n;',
  '00002_second.sql': 'update n set n = n * 2;',
  '00002_second.down.sql': 'update n set n = n / 2;',
}
const more = { ...files, '00003_third.sql': 'update n set n = n * 5;' }

test('a database of Lotse 0.1.0 goes on, and Lotse 0.1.0 goes on with what the newer one left', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const old = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(files) }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) }
  expect(await earlier(['version'], {})).toMatchObject({ code: 0, output: '0.1.0\n' })
  expect((await earlier(['up'], old)).code).toBe(0)
  const before = await lotse(['status'], env)
  expect(before.code, before.output).toBe(10)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
  // As after a rollback: an older image meets the newer schema.
  expect((await earlier(['up'], old)).code).toBe(0)
  expect((await earlier(['wait', '--timeout', '5s'], old)).code).toBe(0)
  expect((await earlier(['status'], old)).code).toBe(11)
  const down = await lotse(['down', '--to', '00001_first'], env)
  expect(down.code).toBe(23)
  expect(await query('select count(*)::int as n from lotse_history')).toEqual([{ n: 3 }])
})

test('a history that Lotse 0.1.0 made takes rows of another tool, and Lotse 0.1.0 can read it still', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const first = { '00001_first.sql': files['00001_first.sql'] }
  expect((await earlier(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(first) })).code).toBe(0)
  await query(`${files['00002_second.sql']} ${goose(`(0, true, now()), (1, true, now()), (2, true, now())`)}`)
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) }
  const adopted = await lotse(['adopt', '--from', 'goose'], env)
  expect(adopted.code, adopted.output).toBe(0)
  expect(await query('select name, origin from lotse_history order by position')).toEqual([
    { name: '00001_first', origin: 'up' },
    { name: '00002_second', origin: 'goose' },
  ])
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
  expect((await earlier(['up'], env)).code).toBe(0)
  const status = await earlier(['status'], env)
  expect(status.code, status.output).toBe(0)
  expect(status.output).toMatch(/00002_second +applied +\S+ \S+ +goose/)
  expect((await earlier(['wait', '--timeout', '5s'], env)).code).toBe(0)
})

test('where the role does not own the table that Lotse 0.1.0 made, the message has the statement for its owner', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const role = `migrator_${new URL(url).pathname.slice(-6)}`
  const first = { '00001_first.sql': files['00001_first.sql'] }
  expect((await earlier(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(first) })).code).toBe(0)
  await query(`${goose(`(1, true, now()), (2, true, now())`)} create role ${role} login;
    grant all on lotse_history to ${role}; grant select on goose_db_version to ${role}`)
  try {
    const env = {
      DATABASE_URL: Object.assign(new URL(url), { username: role }).href,
      LOTSE_MIGRATIONS: folderOf(files),
    }
    const run = await lotse(['adopt', '--from', 'goose'], env)
    expect(run.code, run.output).toBe(23)
    expect(run.terminationMessage).toContain(
      'run alter table "public"."lotse_history" drop constraint "lotse_history_origin_check" as postgres',
    )
    expect(await query('select name from lotse_history')).toHaveLength(1)
  } finally {
    await query(`drop owned by ${role}; drop role ${role}`)
  }
})

test('what a repeatable migration leaves in the history means nothing to Lotse 0.1.0, which goes on', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const flyway = { 'V1__t.sql': 'create table t (n int);', 'R__v.sql': 'create or replace view v as select 1 as n;' }
  const old = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(flyway) }
  const changed = {
    ...flyway,
    'R__v.sql': 'create or replace view v as select 2 as n;',
    'V2__u.sql': 'create table u ();',
  }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(changed) }
  expect((await lotse(['up'], old)).code).toBe(0)
  expect((await earlier(['up'], old)).output).toContain('Nothing to apply')
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select n from v')).toEqual([{ n: 2 }])
  // Its gates open as before; its migrator takes the change for an edit, as it takes that of any file.
  expect((await earlier(['wait', '--timeout', '5s'], old)).code).toBe(0)
  expect((await lotse(['wait', '--timeout', '5s'], old)).code).toBe(0)
  expect((await earlier(['up'], old)).code).toBe(23)
})

test('a folder of Flyway that Lotse 0.1.0 has applied goes on, its repeatable migrations as such', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const flyway = { 'V1__t.sql': 'create table t (n int);' }
  expect((await earlier(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(flyway) })).code).toBe(0)
  const view = { ...flyway, 'R__v.sql': 'create or replace view v as select 1 as n;' }
  const late = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(view) }
  expect((await earlier(['up', '--allow', 'out-of-order'], late)).code).toBe(0)
  const more = { ...view, 'R__v.sql': 'create or replace view v as select 2 as n;', 'V2__u.sql': 'create table u ();' }
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) })
  expect(run.code, run.output).toBe(0)
  expect(await query('select n from v')).toEqual([{ n: 2 }])
})

test('a migration that has the name of a condition, and that Lotse 0.1.0 has applied, stays one; a new database is refused', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const applied = {
    '001_t.sql': 'create table t (n int);',
    '001_t.check.sql': 'alter table t add check (n > 0);',
    '002_alone.verify.sql': 'create table alone ();',
  }
  const old = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(applied) }
  expect((await earlier(['up'], old)).code).toBe(0)
  const same = await lotse(['up'], old)
  expect(same.code, same.output).toBe(0)
  expect(same.output).toContain('Nothing to apply: all 3 migrations are applied')
  expect((await lotse(['wait', '--timeout', '5s'], old)).code).toBe(0)
  const more = { ...applied, '003_u.sql': 'create table u ();', '003_u.check.sql': 'select count(*) = 0 from t;' }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select name from lotse_history order by position')).toEqual(
    ['001_t', '001_t.check', '002_alone.verify', '003_u'].map((name) => ({ name })),
  )
  const status = await lotse(['status'], env)
  expect(status.code, status.output).toBe(0)
  expect(status.output).toMatch(/001_t\.check +applied/)
  const edited = { ...more, '001_t.check.sql': 'alter table t add check (n > 1);' }
  const refused = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: folderOf(edited) })
  expect(refused.terminationMessage).toContain('- 001_t.check.sql was edited after it was applied')

  const fresh = await lotse(['up'], { ...old, DATABASE_URL: (await freshDatabase()).url })
  expect(fresh.code, fresh.output).toBe(23)
  expect(fresh.terminationMessage).toContain(
    '- 002_alone.verify.sql is by its name a condition of the migration 002_alone, which the folder lacks: restore 002_alone.sql; or, if this is a migration itself, name it 002_alone_verify.sql',
  )
})

const accepting = {
  ...more,
  '00004_check.sql': "-- lotse: accept check-scans: it's empty\nalter table n add check (n > 0);",
}
const columns = `select count(*)::int as n from pg_attribute where attrelid = 'lotse_history'::regclass and attname = 'accepted'`

test('what a file accepts is kept with it: a history of Lotse 0.1.0 gets its column only then, and Lotse 0.1.0 goes on with it', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const old = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(files) }
  expect((await earlier(['up'], old)).code).toBe(0)
  expect((await lotse(['up'], old)).code).toBe(0)
  const newer = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) }
  expect((await lotse(['up'], newer)).code).toBe(0)
  expect((await lotse(['status'], newer)).code).toBe(0)
  expect((await lotse(['repair', 'accept', '00003_third'], newer)).code).toBe(0)
  expect(await query(columns)).toEqual([{ n: 0 }])

  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(accepting), LOTSE_RELEASE: 'shop' }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  const accepted = [{ rule: 'check-scans', reason: "it's empty" }]
  expect(await query('select name, accepted from lotse_history where accepted is not null')).toEqual([
    { name: '00004_check', accepted },
  ])
  expect((await lotse(['status'], env)).output).toMatch(
    /\n\n00004_check accepts check-scans: it's empty \(since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, by shop\)\n\n/,
  )
  const { migrations } = JSON.parse((await lotse(['status', '--json'], env)).output)
  expect(migrations.at(-1)).toMatchObject({ name: '00004_check', accepted, release: 'shop' })
  expect(migrations[0]).not.toHaveProperty('accepted')

  // As after a rollback.
  expect((await earlier(['up'], newer)).code).toBe(0)
  expect((await earlier(['wait', '--timeout', '5s'], newer)).code).toBe(0)
  expect((await earlier(['status'], newer)).code).toBe(11)

  // The file no longer says it.
  const changed = {
    ...env,
    LOTSE_MIGRATIONS: folderOf({ ...accepting, '00004_check.sql': 'alter table n add check (n > 0);' }),
  }
  expect((await lotse(['repair', 'accept', '00004_check'], changed)).code).toBe(0)
  expect(await query('select name from lotse_history where accepted is not null')).toEqual([])
  expect((await lotse(['repair', 'accept', '00004_check'], env)).code).toBe(0)
  expect(await query('select name from lotse_history where accepted is not null')).toEqual([{ name: '00004_check' }])
})

test('a history of today is written by Lotse 0.1.0, too; baseline keeps what files accept', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(files) })).code).toBe(0)
  expect(await query(columns)).toEqual([{ n: 1 }])
  expect((await earlier(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) })).code).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
  const other = await freshDatabase()
  const env = { DATABASE_URL: other.url, LOTSE_MIGRATIONS: folderOf(accepting) }
  expect((await lotse(['baseline', '--to', '00004_check'], env)).code).toBe(0)
  expect(await other.query('select name from lotse_history where accepted is not null')).toEqual([
    { name: '00004_check' },
  ])
})

test('where the role may not add the column to the table of Lotse 0.1.0, or somebody holds it, nothing is run', async () => {
  const earlier = earlierLotse()
  const { url, query, connect } = await freshDatabase()
  const role = `migrator_${new URL(url).pathname.slice(-6)}`
  expect((await earlier(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(more) })).code).toBe(0)
  await query(`create role ${role} login; grant all on lotse_history to ${role}`)
  try {
    const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(accepting) }
    const asRole = { ...env, DATABASE_URL: Object.assign(new URL(url), { username: role }).href }
    const run = await lotse(['up'], asRole)
    expect(run.code, run.output).toBe(23)
    expect(run.terminationMessage).toContain(
      'run alter table "public"."lotse_history" add column accepted jsonb as postgres',
    )
    const backup = await connect()
    await backup.query('begin; lock table lotse_history in access share mode')
    const held = await lotse(['up'], env)
    expect(held.code, held.output).toBe(23)
    expect(held.terminationMessage).toContain('wait until that session has ended, then run lotse up again')
    expect(await query('select name from lotse_history')).toHaveLength(3)
  } finally {
    await query(`drop owned by ${role}; drop role ${role}`)
  }
})
