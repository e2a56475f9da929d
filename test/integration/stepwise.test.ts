import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

const table = {
  '001_table.sql': 'create table t (id int, a int); insert into t select n, n from generate_series(1, 1000) n;',
}
const indexes = `select c.relname as name, indisvalid as valid from pg_index join pg_class c on c.oid = indexrelid where indrelid = 't'::regclass order by 1`
const rows = 'select name, state, cardinality(statements) as done from lotse_history order by position'

test('statements that cannot run in a transaction run one by one', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...table,
    '002_many.sql': `-- lotse: no-transaction
create index concurrently t_id on t (id);
create index concurrently t_a on t (a) where a > 5;  -- a comment; with a semicolon
vacuum t;
reindex index concurrently t_id;
drop index concurrently t_a;
create type mood as enum ('sad');
alter type mood add value 'happy';
do $$ begin perform 1; end $$;
insert into t values (0, 0)`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
  expect(await query('select count(*)::int as n from t where id = 0')).toEqual([{ n: 1 }])
  expect(await query(rows)).toEqual([
    { name: '001_table', state: 'applied', done: 0 },
    { name: '002_many', state: 'applied', done: 0 },
  ])
})

test('such a statement in a file with a transaction is refused in the plan, with the directive to add', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ ...table, '002_index.sql': 'select 1;\ncreate index concurrently t_id on t (id);' })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(
    '- 002_index.sql, line 2: CREATE INDEX CONCURRENTLY cannot run in a transaction; put "-- lotse: no-transaction" at the head of the file',
  )
  expect(await query(`select to_regclass('t') as t`)).toEqual([{ t: null }])
})

test('an index without a name is refused, since its remains could not be recognised', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    ...table,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently on t (id);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('- 002_index.sql, line 2: give the index a name')
})

test('a file that fails in the middle keeps what is done, and continues there when corrected', async () => {
  const { url, query } = await freshDatabase()
  const file = (third: string) => `-- lotse: no-transaction
insert into t values (2000, 2000);
create index concurrently t_id on t (id);
${third}
insert into t values (2001, 2001);
`
  const broken = migrationsFolder({ ...table, '002_steps.sql': file('insert into t values (1/0, 0);') })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: broken })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_steps.sql, line 4, column 1: division by zero (SQLSTATE 22012)')
  expect(run.terminationMessage).toContain(
    '002_steps.sql runs without a transaction. Its first 2 statements are done and kept; the next run continues at statement 3 of 4.',
  )
  expect(await query(rows)).toContainEqual({ name: '002_steps', state: 'started', done: 2 })

  const edited = migrationsFolder({ ...table, '002_steps.sql': file('').replace('2000', '3000') })
  const refused = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: edited })
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain('002_steps.sql was edited before the point where it continues')

  const corrected = migrationsFolder({ ...table, '002_steps.sql': file('insert into t values (1, 0);') })
  const again = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: corrected })
  expect(again.code, again.output).toBe(0)
  expect(await query('select id from t where id > 1000 order by id')).toEqual([{ id: 2000 }, { id: 2001 }])
  expect(await query(rows)).toContainEqual({ name: '002_steps', state: 'applied', done: 0 })
})

test('a unique index over duplicates fails, leaves no invalid index, and is built once they are gone', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...table,
    '002_unique.sql': '-- lotse: no-transaction\ncreate unique index concurrently t_unique on t (id);',
  })
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(table) })
  await query('insert into t values (7, 7)')
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('Detail: Key (id)=(7) is duplicated.')
  expect(await query(indexes)).toEqual([])
  await query('delete from t where id = 7')
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })).code).toBe(0)
  expect(await query(indexes)).toEqual([{ name: 't_unique', valid: true }])
})

test('an index that an interrupted build left invalid is dropped and rebuilt, IF NOT EXISTS or not', async () => {
  const { url, query } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(table) })
  await query('insert into t values (7, 7)')
  await expect(query('create unique index concurrently t_unique on t (id)')).rejects.toThrow(
    'could not create unique index',
  )
  expect(await query(indexes)).toEqual([{ name: 't_unique', valid: false }])
  await query('delete from t where id = 7')
  const folder = migrationsFolder({
    ...table,
    '002_unique.sql': '-- lotse: no-transaction\ncreate unique index concurrently if not exists t_unique on t (id);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.output).toContain('Dropping index public.t_unique: an interrupted build left it invalid')
  expect(await query(indexes)).toEqual([{ name: 't_unique', valid: true }])
})

test('a build that is interrupted by SIGTERM is finished by the next run', async () => {
  const { url, query, connect } = await freshDatabase()
  const folder = migrationsFolder({
    ...table,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently t_id on t (id);',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(table) })
  const blocker = await connect()
  await blocker.query('begin; insert into t values (5000, 5000)')
  const run = start(['up'], env)
  const building = 'select phase from pg_stat_progress_create_index where datname = current_database()'
  await expect.poll(() => query(building), { timeout: 15_000 }).toHaveLength(1)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: false }])
  await blocker.query('commit')
  const again = await lotse(['up'], env)
  expect(again.code, again.output).toBe(0)
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
})

test('a partition is detached concurrently, and an interrupted detach is finalized', async () => {
  const { url, query, connect } = await freshDatabase()
  const parts = {
    '001_parts.sql': `create table p (id int) partition by range (id);
      create table p1 partition of p for values from (0) to (10); create table p2 partition of p for values from (10) to (20);`,
  }
  const folder = migrationsFolder({
    ...parts,
    '002_detach.sql': '-- lotse: no-transaction\nalter table p detach partition p1 concurrently;',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(parts) })
  const reader = await connect()
  await reader.query('begin isolation level repeatable read; select * from p')
  const run = start(['up', '--lock-timeout', '60s'], env)
  const pending = `select 1 from pg_inherits where inhparent = 'p'::regclass and inhdetachpending`
  await expect.poll(() => query(pending), { timeout: 15_000 }).toHaveLength(1)
  run.kill('SIGKILL')
  await run.ended
  await reader.query('commit')
  const again = await lotse(['up'], env)
  expect(again.code, again.output).toBe(0)
  expect(
    await query(`select inhrelid::regclass::text as part from pg_inherits where inhparent = 'p'::regclass`),
  ).toEqual([{ part: 'p2' }])
})

test('an index of the same name that somebody else has made is an error in every run, not a finished build', async () => {
  const { url, query } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(table) })
  await query('create index t_id on t (a)')
  const folder = migrationsFolder({
    ...table,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently t_id on t (id);',
  })
  for (const _ of [1, 2]) {
    const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
    expect(run.code, run.output).toBe(24)
    expect(run.terminationMessage).toContain('relation "t_id" already exists (SQLSTATE 42P07)')
  }
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
})

test('dropping an index concurrently that is not there is an error in every run, not a finished drop', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    ...table,
    '002_drop.sql': '-- lotse: no-transaction\ndrop index concurrently t_id;',
  })
  for (const _ of [1, 2]) {
    const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
    expect(run.code, run.output).toBe(24)
    expect(run.terminationMessage).toContain('index "t_id" does not exist (SQLSTATE 42704)')
  }
})

test('an index that another table has under this name is not taken for built', async () => {
  const { url, query } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(table) })
  await query('create table u (id int); create index taken on u (id)')
  const folder = migrationsFolder({
    ...table,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently if not exists taken on t (id);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('index taken is not on "t": another relation already has this name')
})

test('what a file without a transaction sets holds for its later statements, and for those that a later run continues with', async () => {
  const { url, query } = await freshDatabase()
  const role = `owner_${Math.random().toString(36).slice(2)}`
  await query(`create schema tenant_a; create table public.orders (n int); create table tenant_a.orders (n int); create role ${role};
    alter table tenant_a.orders owner to ${role}; grant create, usage on schema tenant_a to ${role}`)
  const file = (fails: string) => `-- lotse: no-transaction
select pg_catalog.set_config('search_path', 'tenant_a', false);
set maintenance_work_mem = '33MB';
set role ${role};
set statement_timeout = '7s';
create index concurrently orders_n on orders (n);
create table made as select current_user::text as who, current_setting('maintenance_work_mem') as memory, current_setting('statement_timeout') as timeout;
${fails}
reset statement_timeout;
insert into made select current_user, current_setting('maintenance_work_mem'), current_setting('statement_timeout');
do $$ begin insert into made values (current_user, current_setting('search_path'), 'commits'); commit; end $$;
reset role;
reset all;
create table public.after as select current_user = session_user as own, current_setting('search_path') as path;
drop index concurrently tenant_a.orders_n;
`
  const env = { DATABASE_URL: url }
  const broken = migrationsFolder({ '001_index.sql': file('select 1 / 0;') })
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: broken })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_index.sql, line 8, column 1: division by zero')
  expect(
    await query(`select indrelid::regclass::text as on from pg_index where indexrelid = 'tenant_a.orders_n'::regclass`),
  ).toEqual([{ on: 'tenant_a.orders' }])
  const folder = migrationsFolder({ '001_index.sql': file('select 1;') })
  const again = await lotse(['up', '--statement-timeout', '2h'], { ...env, LOTSE_MIGRATIONS: folder })
  expect(again.code, again.output).toBe(0)
  expect(await query('select * from tenant_a.made')).toEqual([
    { who: role, memory: '33MB', timeout: '7s' },
    { who: role, memory: '33MB', timeout: '2h' },
    { who: role, memory: 'tenant_a', timeout: 'commits' },
  ])
  expect(await query('select * from after')).toEqual([{ own: true, path: '"$user", public' }])
  await query(`drop owned by ${role}; drop role ${role}`)
})

test('who must be owner is told to SET ROLE, which helps in a file without a transaction, too', async () => {
  const { url, query } = await freshDatabase()
  const [owner, user] = ['owner', 'user'].map((word) => `${word}_${Math.random().toString(36).slice(2)}`)
  await query(`create role ${owner}; create role ${user} login in role ${owner} noinherit; grant create on schema public to ${owner}, ${user};
    create table t (id int); alter table t owner to ${owner}`)
  const env = { DATABASE_URL: url.replace('postgres@', `${user}@`) }
  const index = 'create index concurrently t_id on t (id);'
  const refused = await lotse(['up'], {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_index.sql': `-- lotse: no-transaction\n${index}` }),
  })
  expect(refused.code).toBe(24)
  expect(refused.terminationMessage).toContain('must be owner of table t')
  const obeyed = migrationsFolder({ '001_index.sql': `-- lotse: no-transaction\nset role ${owner};\n${index}` })
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: obeyed })
  expect(run.code, run.output).toBe(0)
  expect(await query(indexes)).toEqual([{ name: 't_id', valid: true }])
  await query(`drop owned by ${owner}, ${user}; drop role ${owner}, ${user}`)
})

test.each([
  ['set local search_path = app;', 'this setting ends with its own statement'],
  [`select set_config('search_path', 'app', true);`, 'this setting ends with its own statement'],
  [`select set_config('search_path', schema, false) from tenants;`, 'Lotse cannot repeat this setting'],
  [`select set_config('search_path', 'app' || 1, false);`, 'Lotse cannot repeat this setting'],
  [`do $$ begin perform set_config('search_path', 'app', false); end $$;`, 'Lotse cannot repeat this setting'],
  ['set session characteristics as transaction read only;', 'this setting is for later transactions'],
])('a setting that cannot reach the next statement is refused: %s', async (sql, message) => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_set.sql': `-- lotse: no-transaction\n${sql}\nvacuum;` })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(`- 001_set.sql, line 2: ${message}`)
})

test('what sets nothing for later statements is not refused', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    '001_fine.sql': `-- lotse: no-transaction
create table t (a text);
create function f() returns text return set_config('app.x', 'y', false);
insert into t values (set_config('app.x', 'y', true));
do $$ begin perform set_config('app.x', 'y', true); set local lock_timeout = '1s'; update t set a = 'b'; end $$;
vacuum t;`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
})

test('what only the server knows to need no transaction runs alone', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_parts.sql':
      'create table p (id int) partition by range (id); create table p1 partition of p for values from (0) to (9);',
    '002_reindex.sql': '-- lotse: no-transaction\nreindex table p;',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query(rows)).toHaveLength(2)
})

test('who keeps an invalid index from being rebuilt is said while it is waited for, and at the end', async () => {
  const { url, query, connect } = await freshDatabase()
  await query('create table t (id int); insert into t values (1), (1)')
  await query('create unique index concurrently t_id on t (id)').catch(() => {})
  await query('delete from t')
  const client = await connect()
  await client.query('begin; lock table t in share update exclusive mode')
  const folder = migrationsFolder({
    '001_index.sql': '-- lotse: no-transaction\ncreate unique index concurrently if not exists t_id on t (id);',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const run = await lotse(['up', '--timeout', '5s'], env)
  expect(run.code).toBe(24)
  const holder = /pid \d+ \(user postgres, .*\): begin; lock table t in share update exclusive mode/
  expect(run.output).toMatch(new RegExp(`  Index public.t_id is invalid; waiting for\n    - ${holder.source}\n`))
  expect(run.terminationMessage).toMatch(holder)
  await client.query('rollback')
  expect((await lotse(['up'], env)).code).toBe(0)
})

test('what an interrupted REINDEX has left is dropped, once a vacuum that holds the table has ended', async () => {
  const { url, query, connect } = await freshDatabase()
  await query('create table t (id int); create unique index t_id on t (id)')
  await query(
    `create unique index t_id_ccnew on t (id); update pg_index set indisvalid = false where indexrelid = 't_id_ccnew'::regclass`,
  )
  const client = await connect()
  await client.query('begin; lock table t in share update exclusive mode')
  const folder = migrationsFolder({ '001_again.sql': '-- lotse: no-transaction\nreindex table concurrently t;' })
  const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  await run.says(/Index public\.t_id_ccnew is invalid; waiting for/)
  await client.query('rollback')
  expect((await run.ended).code).toBe(0)
  expect(await query(`select relname from pg_class where relname like 't_id%'`)).toEqual([{ relname: 't_id' }])
})

test.each(['index concurrently p_name', 'table concurrently p1'])(
  'what an interrupted REINDEX has left on a partition or its TOAST table is dropped: reindex %s',
  async (what) => {
    const { url, query, connect } = await freshDatabase()
    await query(`create table p (id int, name text) partition by range (id);
      create table p1 partition of p for values from (0) to (1000); create index p_name on p (name)`)
    const client = await connect()
    await client.query('begin; insert into p values (1)')
    const env = {
      DATABASE_URL: url,
      LOTSE_MIGRATIONS: migrationsFolder({ '001_again.sql': `-- lotse: no-transaction\nreindex ${what};` }),
    }
    const interrupted = start(['up'], env)
    const invalid = () => query('select 1 from pg_index where not indisvalid')
    await expect.poll(invalid, { timeout: 10_000 }).not.toEqual([])
    interrupted.kill('SIGTERM')
    await interrupted.ended
    await client.query('rollback')
    expect(await invalid()).not.toEqual([])
    const run = await lotse(['up'], env)
    expect(run.code, run.output).toBe(0)
    expect(await invalid()).toEqual([])
  },
)
