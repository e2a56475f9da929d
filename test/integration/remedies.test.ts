import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const files = {
  '001_double.sql': 'update price set n = n * 2;',
  '002_count.sql': 'insert into counted values (1);',
}

/** A database that role `old` has migrated to 001, and a login `fresh` that may do everything but use the history. */
async function migrated(): Promise<{
  query: (sql: string) => Promise<Record<string, unknown>[]>
  up: (role: 'old' | 'fresh', given?: Record<string, string>, verb?: string) => ReturnType<typeof lotse>
  old: string
  fresh: string
}> {
  const { url, query } = await freshDatabase()
  const suffix = Math.random().toString(36).slice(2)
  const roles = { old: `old_shop_${suffix}`, fresh: `new_ddl_${suffix}` }
  for (const role of Object.values(roles))
    await query(`create role ${role} login; grant create on schema public to ${role}`)
  onTestFinished(async () => {
    for (const role of Object.values(roles)) await query(`drop owned by ${role}; drop role ${role}`)
  })
  await query('create table price (n int); insert into price values (10); create table counted (n int)')
  await query(`grant all on price, counted to ${roles.old}, ${roles.fresh}`)
  const up = (role: 'old' | 'fresh', given: Record<string, string> = files, verb = 'up') =>
    lotse([verb, '--timeout', '5s'], {
      DATABASE_URL: Object.assign(new URL(url), { username: roles[role] }).href,
      LOTSE_MIGRATIONS: migrationsFolder(given),
    })
  expect(await up('old', { '001_double.sql': files['001_double.sql'] })).toMatchObject({ code: 0 })
  return { query, up, ...roles }
}

/** The SQL of a remedy, as a person would copy it. */
function sqlOf(message: string): string {
  return /^Next: run (.*) as .+, then run lotse up again\. \(exit code 23\)$/m.exec(message)?.[1] ?? ''
}

test.each<[string, (of: { old: string; fresh: string }) => string]>([
  ['has no grant at all', () => 'select 1'],
  ['may only read the history', ({ fresh }) => `grant select on lotse_history to ${fresh}`],
  [
    'may not use the schema',
    ({ fresh }) => `revoke usage on schema public from public; grant create on schema public to ${fresh}`,
  ],
  [
    'does not see the rows, which row level security hides',
    ({ fresh }) => `grant all on lotse_history to ${fresh}; alter table lotse_history enable row level security`,
  ],
])(
  'a new login that %s: the remedy, obeyed to the letter, applies what is pending and nothing twice',
  async (_, setup) => {
    const { query, up, ...roles } = await migrated()
    await query(setup(roles))
    const refused = await up('fresh')
    expect(refused.code).toBe(23)
    expect(refused.terminationMessage).toContain('Nothing was changed.')
    expect(refused.terminationMessage).not.toContain('LOTSE_SCHEMA')
    expect(await query('select n from price')).toEqual([{ n: 10 * 2 }])
    const sql = sqlOf(refused.terminationMessage)
    expect(sql, refused.terminationMessage).toMatch(/^(GRANT|CREATE POLICY)/)
    await query(sql)
    // The schema's USAGE is what the migrations need too.
    expect(await up('fresh')).toMatchObject({ code: 0 })
    expect(await query('select n from price')).toEqual([{ n: 20 }])
    expect(await query('select n from counted')).toEqual([{ n: 1 }])
  },
)

test.each([
  ['lets it read every row', 'for select', 'wait', 0],
  ['lets it read every row', 'for select', 'up', 0],
  ['lets it do everything', 'for all', 'up', 0],
])('a policy that %s (%s) is no obstacle for %s', async (_, command, verb, code) => {
  const { query, up, fresh } = await migrated()
  await query(`grant all on lotse_history to ${fresh}; alter table lotse_history enable row level security;
    create policy everybody on lotse_history ${command} using (true)`)
  const pending = command === 'for all' ? files : { '001_double.sql': files['001_double.sql'] }
  const run = await up('fresh', pending, verb)
  expect(run.code, run.output).toBe(code)
  expect(await query('select n from price')).toEqual([{ n: 20 }])
  expect(await query('select name from lotse_history')).toHaveLength(Object.keys(pending).length)
})

test('a policy that lets it read alone is told before anything runs, and the remedy helps', async () => {
  const { query, up, fresh } = await migrated()
  await query(`grant all on lotse_history to ${fresh}; alter table lotse_history enable row level security;
    create policy readers on lotse_history for select using (true)`)
  const refused = await up('fresh')
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain(
    'row level security lets Lotse read the history table "public"."lotse_history", but not write it',
  )
  await query(sqlOf(refused.terminationMessage))
  expect(await up('fresh')).toMatchObject({ code: 0 })
})

test.each([
  ['of another role', 'create policy others on lotse_history to postgres using (true)'],
  [
    'that another restricts',
    `create policy a on lotse_history using (true); create policy b on lotse_history as restrictive using (name < '002')`,
  ],
  ['that shows some rows', `create policy few on lotse_history using (name <= '001_double')`],
])('a policy %s hides what a newer version applied, and up says so', async (_, policy) => {
  const { query, up, fresh } = await migrated()
  expect(await up('old', { ...files, '002_count.sql': `-- lotse: breaking\n${files['002_count.sql']}` })).toMatchObject(
    {
      code: 0,
    },
  )
  await query(`grant all on lotse_history to ${fresh}; alter table lotse_history enable row level security; ${policy}`)
  const run = await up('fresh', { '001_double.sql': files['001_double.sql'] })
  expect(run.code, run.output).toBe(23)
  expect(run.terminationMessage).toContain('row level security hides rows of the history table')
})

test('what a restrictive policy hides is shown by nothing but turning row level security off', async () => {
  const { query, up, fresh } = await migrated()
  await query(`grant all on lotse_history to ${fresh}; alter table lotse_history enable row level security;
    create policy b on lotse_history as restrictive using (name < '001')`)
  const refused = await up('fresh')
  const sql = sqlOf(refused.terminationMessage)
  expect(sql).toBe('ALTER TABLE "public"."lotse_history" DISABLE ROW LEVEL SECURITY')
  await query(sql)
  expect(await up('fresh')).toMatchObject({ code: 0 })
  expect(await query('select n from price')).toEqual([{ n: 20 }])
})

test('an older image whose login may only read the history meets a newer schema and proceeds', async () => {
  const { query, up, fresh } = await migrated()
  expect(await up('old')).toMatchObject({ code: 0 })
  await query(`grant select on lotse_history to ${fresh}`)
  const run = await up('fresh', { '001_double.sql': files['001_double.sql'] })
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('The schema is newer than this image: 002_count came from a newer version. Continuing.')
})

test('a login that may not create the history is told the grant, which is enough', async () => {
  const { url, query } = await freshDatabase()
  const role = `ddl_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login; create schema shop`)
  onTestFinished(async () => void (await query(`drop owned by ${role}; drop role ${role}`)))
  const env = {
    DATABASE_URL: Object.assign(new URL(url), { username: role }).href,
    LOTSE_SCHEMA: 'shop',
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'create table shop.a (id int)' }),
  }
  const refused = await lotse(['up'], env)
  expect(refused.code).toBe(23)
  const sql = sqlOf(refused.terminationMessage)
  expect(sql).toBe(`GRANT USAGE, CREATE ON SCHEMA "shop" TO "${role}"`)
  await query(sql)
  expect(await lotse(['up'], env)).toMatchObject({ code: 0 })
})

test('row level security is named by the gate too, not taken for pending migrations', async () => {
  const { query, up, fresh } = await migrated()
  await query(`grant select on lotse_history to ${fresh}; alter table lotse_history enable row level security`)
  const run = await up('fresh', { '001_double.sql': files['001_double.sql'] }, 'wait')
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(
    'row level security hides rows of the history table "public"."lotse_history"',
  )
  expect(run.terminationMessage).toContain(
    `Next: run CREATE POLICY "lotse select ${fresh}" ON "public"."lotse_history" FOR SELECT TO "${fresh}" USING (true) as old_shop_`,
  )
})

test('a schema that does not exist: the history that is there is named, no new one is asked for', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ '001_a.sql': 'create table a (id int)' })
  expect(await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })).toMatchObject({ code: 0 })
  const run = await lotse(['up', '--schema', 'tenat'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('Lotse histories in this database: public.lotse_history')
  expect(run.terminationMessage).toContain(
    'if another schema has the history of this application, set LOTSE_SCHEMA to it',
  )
  expect(await query(`select count(*)::int as n from pg_namespace where nspname = 'tenat'`)).toEqual([{ n: 0 }])
})

test.each([
  [
    'raises',
    `raise exception 'tables need a ticket'`,
    'cannot create the history table "public"."lotse_history": tables need a ticket (SQLSTATE P0001)',
    'event trigger',
  ],
  [
    'gives new tables to somebody else',
    'alter table public.lotse_history owner to postgres',
    'cannot access the history table "public"."lotse_history"',
    'Next: let the event trigger that changes new tables (SELECT * FROM pg_event_trigger) leave this one to its creator',
  ],
])('an event trigger that %s is told before any migration runs', async (_, body, why, remedy) => {
  const { url, query } = await freshDatabase()
  const role = `ddl_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login; grant create on schema public to ${role}`)
  onTestFinished(async () => void (await query(`drop owned by ${role}; drop role ${role}`)))
  await query(`create function watch() returns event_trigger language plpgsql security definer as $$ begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.lotse_history' and command_tag = 'CREATE TABLE') then ${body}; end if; end $$`)
  await query('create event trigger watching on ddl_command_end execute function watch()')
  const run = await lotse(['up'], {
    DATABASE_URL: Object.assign(new URL(url), { username: role }).href,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'create table a (id int)' }),
  })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(why)
  expect(run.terminationMessage).toContain(remedy)
  expect(await query(`select to_regclass('a') as a`)).toEqual([{ a: null }])
})

test.each([
  ['drop table lotse_history', ''],
  ['alter table lotse_history rename to gone', ''],
  ['drop table lotse_history; do $$ begin end $$', ''],
  ['drop table lotse_history', '-- lotse: no-transaction\n'],
])('a file with %j is told that it took the history away', async (sql, head) => {
  const { url, query } = await freshDatabase()
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'create table a (id int)', '002_b.sql': `${head}${sql};` }),
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_b.sql dropped or renamed the history table "public"."lotse_history"')
  expect(run.terminationMessage).toContain('Next: remove from 002_b.sql what drops or renames')
  expect((await query(`select name from lotse_history where state = 'applied'`)).map(({ name }) => name)).toEqual([
    '001_a',
  ])
})

test('a block that commits and takes the history away is told what is left to do', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({
      '001_a.sql': 'create table a (id int)',
      '002_b.sql': '-- lotse: no-transaction\ndo $$ begin drop table lotse_history; commit; end $$;',
    }),
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_b.sql dropped or renamed the history table "public"."lotse_history"')
  expect(run.terminationMessage).toContain('It runs without a transaction, so the table is gone.')
  expect(run.terminationMessage).toContain('lotse baseline --to NAME')
})

const deferred = `create table t (id int);
create function f() returns trigger language plpgsql as $$ begin perform 1 from missing; return null; end $$;
create constraint trigger c after insert on t deferrable initially deferred for each row execute function f();`
test.each([
  ['in a file that goes out in one message', { '001_a.sql': deferred, '002_b.sql': 'insert into t values (1)' }],
  ['in a file that does not', { '002_b.sql': `${deferred}\ninsert into t values (1)` }],
  ['without a transaction', { '002_b.sql': `-- lotse: no-transaction\n${deferred}\ninsert into t values (1)` }],
])('a trigger that misses a table at COMMIT is no lost history: %s', async (_, given) => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(given) })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toMatch(/002_b\.sql.*: relation "missing" does not exist \(SQLSTATE 42P01\)/)
  expect(run.terminationMessage).toContain('Context: PL/pgSQL function f()')
  expect(run.terminationMessage).not.toContain('dropped or renamed')
})

test('a trigger on the history that misses a table is no lost history either', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'select 1' }) })
  await query(`create function f() returns trigger language plpgsql as $$ begin insert into audit values (new.name); return new; end $$;
    create trigger audited after insert on lotse_history for each row execute function f()`)
  const folder = migrationsFolder({ '001_a.sql': 'select 1', '002_b.sql': 'create table b (id int)' })
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('relation "audit" does not exist')
  expect(run.terminationMessage).not.toContain('dropped or renamed')
})

test.each([
  ['in a transaction', 'create table tickets (id int)'],
  ['in a block', `do $$ begin execute 'create table tickets (id int)'; end $$`],
  ['without a transaction', '-- lotse: no-transaction\ncreate table tickets (id int)'],
])('the event trigger that refuses a migration is named, with its function and its owner: %s', async (_, sql) => {
  const { url, query } = await freshDatabase()
  await query(`create schema rules; create function rules.watch() returns event_trigger language plpgsql as $$ begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.tickets') then raise 'tables need a ticket'; end if; end $$;
    create event trigger watching on ddl_command_end execute function rules.watch()`)
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': sql }) })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('tables need a ticket (SQLSTATE P0001)')
  expect(run.terminationMessage).toContain(
    'It was raised by the event trigger watching, function rules.watch(), whose owner is postgres.',
  )
  expect(run.terminationMessage).toContain(
    'Next: change 001_a.sql to what the event trigger watching accepts, or have postgres change rules.watch(), and run lotse up again.',
  )
})

test('a function of the file that raises is no event trigger', async () => {
  const { url, query } = await freshDatabase()
  await query(`create function watch() returns event_trigger language plpgsql as 'begin end';
    create event trigger watching on ddl_command_end execute function watch();
    create function f() returns int language plpgsql as $$ begin raise 'no'; end $$`)
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'select f()' }),
  })
  expect(run.terminationMessage).toContain('Next: correct 001_a.sql and run lotse up again')
  expect(run.terminationMessage).not.toContain('event trigger')
})

test('two applications in one history: the other release is named, and what to do', async () => {
  const { url } = await freshDatabase()
  const run = (release: string, file: string, env = {}) =>
    lotse(['up'], {
      DATABASE_URL: url,
      LOTSE_RELEASE: release,
      LOTSE_MIGRATIONS: migrationsFolder({ [file]: 'select 1' }),
      ...env,
    })
  expect(await run('shop/web', '002_web.sql')).toMatchObject({ code: 0 })
  const other = await run('shop/billing', '001_billing.sql')
  expect(other.code).toBe(23)
  expect(other.terminationMessage).toContain(
    'release shop/web applied everything in this history (1 migration, the newest 002_web)',
  )
  expect(other.terminationMessage).not.toContain('rename it')
  expect(await run('shop/billing', '001_billing.sql', { LOTSE_HISTORY_TABLE: 'billing_history' })).toMatchObject({
    code: 0,
  })
  // A release that has renamed its own files is no other application.
  expect((await run('shop/web', '001_renamed.sql')).terminationMessage).toContain(
    '001_renamed.sql is new but sorts before 002_web',
  )
})

/** Statements, the remedy, how it is obeyed (as the database's owner, and in the file), and what then holds. */
test.each<[string, string, (role: string) => string, (sql: string) => string]>([
  [
    'alter table owned add column a int',
    'Next: GRANT the role of the owner to the role Lotse connects as',
    (role) => `grant owner_of_it to ${role}`,
    (sql) => sql,
  ],
  [
    'create table t (name citext)',
    'Next: add CREATE EXTENSION IF NOT EXISTS citext to 001_a.sql before it is used',
    () => 'select 1',
    (sql) => `create extension if not exists citext; ${sql}`,
  ],
  [
    'select uuid_generate_v4()',
    'Next: add CREATE EXTENSION IF NOT EXISTS "uuid-ossp" to 001_a.sql before it is used',
    () => 'select 1',
    (sql) => `create extension if not exists "uuid-ossp"; ${sql}`,
  ],
  [
    'select * from secret',
    'Next: grant the missing privilege to the role Lotse connects as',
    (role) => `grant select on secret to ${role}`,
    (sql) => sql,
  ],
  [
    'vacuum counted',
    'put "-- lotse: no-transaction" at the head of the file',
    () => 'select 1',
    (sql) => `-- lotse: no-transaction\n${sql}`,
  ],
  [
    'create index concurrently on counted (n)',
    'put "-- lotse: no-transaction" at the head of the file',
    () => 'select 1',
    (sql) => `-- lotse: no-transaction\n${sql.replace('concurrently', 'concurrently counted_n')}`,
  ],
  [
    'begin; update counted set n = n + 0; commit',
    'remove BEGIN',
    () => 'select 1',
    () => 'update counted set n = n + 0',
  ],
  [
    'do $$ begin reset all; end $$',
    'Next: reset by name what the block has set',
    () => 'select 1',
    () => 'reset search_path',
  ],
])('%s: the remedy, obeyed, applies it and what came before only once', async (sql, remedy, asOwner, inFile) => {
  const { url, query } = await freshDatabase()
  const suffix = Math.random().toString(36).slice(2)
  const [role, owner] = [`ddl_${suffix}`, `owner_${suffix}`]
  await query(`create role ${owner}; create role ${role} login; grant create on schema public to ${role}, ${owner};
    grant create on database ${new URL(url).pathname.slice(1)} to ${role};
    create table owned (id int); alter table owned owner to ${owner}; create table secret (id int);
    create table counted (n int); insert into counted values (10); alter table counted owner to ${role}`)
  onTestFinished(async () => void (await query(`drop owned by ${role}, ${owner}; drop role ${role}, ${owner}`)))
  const up = (text: string) =>
    lotse(['up'], {
      DATABASE_URL: Object.assign(new URL(url), { username: role }).href,
      LOTSE_MIGRATIONS: migrationsFolder({ '000_double.sql': 'update counted set n = n * 2', '001_a.sql': text }),
    })
  const run = await up(sql)
  expect([23, 24]).toContain(run.code)
  expect(run.terminationMessage).toContain(remedy)
  await query(asOwner(role).replace('owner_of_it', owner))
  const again = await up(inFile(sql))
  expect(again.code, again.output).toBe(0)
  expect(await query('select n from counted')).toEqual([{ n: 20 }])
  expect(await query('select name from lotse_history order by name')).toEqual([
    { name: '000_double' },
    { name: '001_a' },
  ])
})

test('an extension that the server does not have is for its administrator to install', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_a.sql': 'create extension nowhere' })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.terminationMessage).toContain(
    'Next: install the extension on the database server, then run lotse up again.',
  )
})
