import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

// A migration finds the session that a new connection finds, whatever the one before it in the same run has left behind: a pair of files
// gives the same in one run and in two.

/** Statements in which ROLE stands for a role of the test's own. */
const pairs: Record<string, readonly [first: string, second: string]> = {
  'a temporary table of the name of a table': [
    'create temp table countries (code text)',
    `create table countries (code text primary key); insert into countries values ('de'), ('fr')`,
  ],
  'the same temporary name twice': ['create temp table ids (id int)', 'create temp table ids (name text)'],
  'a temporary function': [
    `create function pg_temp.f() returns int return 1`,
    `create table seen as select to_regprocedure('pg_temp.f()') is null as gone`,
  ],
  'a prepared statement twice': ['prepare p as select 1', 'prepare p as select 2'],
  'a prepared statement that the first alone has': ['prepare p as select 1', 'create table seen as execute p'],
  'a cursor with hold': ['declare c cursor with hold for select 1', 'declare c cursor with hold for select 2'],
  'a channel listened to': ['listen news', 'create table seen as select * from pg_listening_channels()'],
  'the last value of a sequence': [
    `create sequence s; select nextval('s')`,
    `create table seen as select currval('s') as value`,
  ],
  'cached values of a sequence': [
    `create sequence s cache 10; select nextval('s')`,
    `create table seen as select nextval('s') as value`,
  ],
  'a role': ['set role ROLE', 'create table seen as select current_user = session_user as same'],
  'a role, reset by the second': ['set role ROLE', 'reset role; create table t (id int)'],
  'a session authorization': [
    'set session authorization ROLE',
    'create table seen as select current_user = session_user',
  ],
  'the search path': ['create schema app; set search_path = app', 'create table t (id int)'],
  'the search path, by function': [
    `create schema app; select set_config('search_path', 'app', false)`,
    'create table t (id int)',
  ],
  'the search path of the database': [
    `create schema app; do $$ begin execute format('alter database %I set search_path = app', current_database()); end $$`,
    'create table t (id int)',
  ],
  'the search path of the role': [
    `create schema app; alter role current_user in database DATABASE set search_path = app`,
    'create table t (id int)',
  ],
  'what the first takes from the database': [
    'create schema app; alter database DATABASE set search_path = app; create table app.t (id int)',
    'alter database DATABASE reset search_path; create table t2 (id int)',
  ],
  'a replication role': [
    `create table t (id int primary key); create table u (id int references t); set session_replication_role = replica`,
    'insert into u values (1)',
  ],
  'a setting of its own': [
    `set app.tenant = 'a'`,
    `create table seen as select current_setting('app.tenant', true) as tenant`,
  ],
  'a local setting of its own': [
    `select set_config('app.tenant', 'a', true)`,
    `create table seen as select current_setting('app.tenant', true) as tenant`,
  ],
  'read-only transactions': ['set default_transaction_read_only = on', 'create table t (id int)'],
  'an isolation level': [
    `set session characteristics as transaction isolation level serializable`,
    `create table seen as select current_setting('transaction_isolation') as level`,
  ],
  'the client encoding': [`set client_encoding = 'latin1'`, `create table "größe" as select 'ß' as letter`],
  'the seed of random()': ['select setseed(0.5)', 'create table seen as select random() = 0.985 as seeded'],
  'an advisory lock': [
    'select pg_advisory_lock(42)',
    `create table seen as select count(*) from pg_locks where locktype = 'advisory' and objid = 42
       and database = (select oid from pg_database where datname = current_database())`,
  ],
}

/** Everything that a pair can have left in its database. */
const everything = `
  select 'relation' as kind, n.nspname || '.' || c.relname as name,
         -- How many values a sequence has logged ahead changes with every checkpoint (log_cnt).
         query_to_xml(format('select %s from %I.%I', case c.relkind when 'S' then 'last_value, is_called' else '*' end,
           n.nspname, c.relname), false, false, '')::text as data
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'S') and n.nspname !~ '^pg_|^information_schema$' and c.relname not like 'lotse_history%'
  union all
  select 'column', format('%s.%s', attrelid::regclass, attname), format_type(atttypid, atttypmod)
    from pg_attribute join pg_class c on c.oid = attrelid
   where c.relkind = 'r' and attnum > 0 and c.relnamespace::regnamespace::text !~ '^pg_|^information_schema$'
     and c.relname not like 'lotse_history%'
  union all
  select 'migration', name, state from public.lotse_history
  order by 1, 2`

async function outcome(
  { url, query }: TestDatabase,
  files: Record<string, string>,
  runs: readonly string[][],
): Promise<unknown> {
  const codes = []
  let last = ''
  for (const names of runs) {
    const folder = migrationsFolder(Object.fromEntries(names.map((name) => [name, files[name] ?? ''])))
    const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
    codes.push(run.code)
    last = run.terminationMessage.split('\n')[0] ?? ''
  }
  return { code: codes.at(-1), failure: codes.at(-1) === 0 ? '' : last, left: await query(everything) }
}

const kinds = {
  'as SQL': (sql: string) => ['.sql', sql],
  'as SQL that cannot go out in one message': (sql: string) => ['.sql', `${sql}; /* $$ */`],
  'as SQL without a transaction': (sql: string) => ['.sql', `-- lotse: no-transaction\n${sql}`],
  'as scripts': (sql: string) => [
    '.ts',
    `export const up = async ({ context }) => { await context.query(${JSON.stringify(sql)}) }`,
  ],
} as const

/** In a file without a transaction a setting that cannot reach later statements is refused, which stepwise.test.ts shows. */
const refusedWithout = ['a local setting of its own', 'read-only transactions', 'an isolation level']

const cases = Object.keys(pairs)
  .flatMap((name) => Object.entries(kinds).map(([kind, write]) => [name, kind, write] as const))
  .filter(([name, kind]) => kind !== 'as SQL without a transaction' || !refusedWithout.includes(name))

test.each(cases)('%s, %s', async (name, _, write) => {
  const role = `pair_${randomBytes(6).toString('hex')}`
  const results = []
  for (const together of [true, false]) {
    const database = await freshDatabase()
    const own = new URL(database.url).pathname.slice(1)
    await database.query(
      `create role ${role}; grant all on schema public to ${role}; grant all on database ${own} to ${role}`,
    )
    const [first, second] = (pairs[name] ?? ['', '']).map((sql, index) => {
      const [ending, text] = write(sql.replaceAll('ROLE', role).replaceAll('DATABASE', own))
      return [`00${index + 1}_pair${ending}`, text ?? ''] as const
    }) as [readonly [string, string], readonly [string, string]]
    const both = [first[0], second[0]]
    results.push(await outcome(database, Object.fromEntries([first, second]), together ? [both] : [[first[0]], both]))
    await database.query(`drop owned by ${role}; drop role ${role}`)
  }
  expect(results[0]).toEqual(results[1])
})
