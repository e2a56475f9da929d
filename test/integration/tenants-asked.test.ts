import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'
import { environment, nameOf, upEach, withTenants } from '../support/tenants.ts'

const invoice = { '001_invoice.sql': 'create table invoice (id int);' }
const lines = (output: string, pattern: RegExp): string[] => output.split('\n').filter((line) => pattern.test(line))

test.each([
  ['select 1 where false', /the query for tenants \(LOTSE_EACH_SCHEMA\) returns no schema/],
  [`select null::text union all select 'tenant_0000'`, /returns NULL for a name/],
  [`select 'tenant_0000' union all select 'tenant_0000'`, /returns "tenant_0000" more than once/],
  [`select 'nobody'`, /returns "nobody", but there is no such schema/],
  [`select 'pg_catalog'`, /"pg_catalog" is a schema of PostgreSQL's own/],
  [`select ''`, /a name is empty/],
  [`select 'tenant_0000', 1`, /returns 2 columns; it has to return one/],
  [`select array['tenant_0000']`, /returns something that is no name/],
  ['select tenant from tenants', /fails: relation "tenants" does not exist \(SQLSTATE 42P01\)/],
  ['selec 1', /is not one SQL query: syntax error at or near "selec"/],
  [
    `select 'tenant_0000'; commit; create table public.written ()`,
    /is not one SQL query: cannot insert multiple commands/,
  ],
  ['create table public.written ()', /would change something: cannot execute CREATE TABLE in a read-only transaction/],
  [`with w as (insert into public.list values ('x') returning name) select name from w`, /would change something/],
])('a query that returns no tenants is refused: %s', async (query, message) => {
  const database = await withTenants(1)
  await database.query('create table public.list (name text)')
  const migrations = migrationsFolder(invoice)
  const run = await lotse(['up'], { ...environment(database, migrations), LOTSE_EACH_SCHEMA: query })
  expect(run.code, run.output).toBe(20)
  expect(run.terminationMessage).toMatch(message)
  expect(
    await database.query(`select relname from pg_class where relname in ('invoice', 'written', 'lotse_history')`),
  ).toEqual([])
})

test('names that need quoting, and search_path with what the URL puts behind the schema of the tenant', async () => {
  const database = await freshDatabase()
  const names = ['Ärger & "Co"', 'drop table', `o'neill`, '$1', 'tenant%s']
  for (const name of names) await database.query(`create schema "${name.replaceAll('"', '""')}"`)
  await database.query('create schema shared; create domain shared.money_amount as numeric')
  const url = Object.assign(new URL(database.url), { search: '?search_path=shared' }).href
  const migrations = migrationsFolder({
    '001_a.sql':
      'create table a (n money_amount); reset search_path; create table b (); set search_path to default; create table c ();',
    '002_d.sql': '-- lotse: no-transaction\nset search_path to public;\nreset search_path;\ncreate table d ();',
  })
  const env = { ...environment(database, migrations), DATABASE_URL: url }
  const query = `select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'shared', 'information_schema')`
  const run = await lotse(['up'], { ...env, LOTSE_EACH_SCHEMA: query })
  expect(run.code, run.output).toBe(0)
  const tables = await database.query(
    `select relnamespace::regnamespace::text as schema, string_agg(relname, ',' order by relname) as tables from pg_class where relkind = 'r' and relname in ('a', 'b', 'c', 'd', 'lotse_history') group by 1`,
  )
  expect(tables.map((row) => row.tables)).toEqual(names.map(() => 'a,b,c,d,lotse_history'))
  const again = await lotse(['up'], { ...env, LOTSE_EACH_SCHEMA: query })
  expect(again.output).toContain('5 tenants, nothing to apply')
})

test('what a migration leaves in its session does not reach the next tenant', async () => {
  const database = await withTenants(6)
  const migrations = migrationsFolder({
    '001_leave.sql': `create table seen as select current_setting('app.mark', true) as setting, current_user::text as who, current_setting('work_mem') as memory;
      set app.mark = 'here'; set role pg_read_all_data; set work_mem = '7MB'; create temp table left_behind ();`,
    '002_script.ts': `// lotse: no-transaction
      export const up = async ({ context }) => void await context.query("create table if not exists last as select to_regclass('pg_temp.left_behind')::text as left")`,
  })
  const run = await upEach(database, migrations, '--parallel', '1')
  expect(run.code, run.output).toBe(0)
  for (let n = 0; n < 6; n++) {
    const [seen] = await database.query(`select * from ${nameOf(n)}.seen`)
    expect(seen, nameOf(n)).toMatchObject({ setting: null, who: 'postgres', memory: '4MB' })
    expect(await database.query(`select * from ${nameOf(n)}.last`)).toEqual([{ left: null }])
  }
})

test('--stop-after begins no other tenant once so many have failed, and the next run does what is left', async () => {
  const database = await withTenants(8)
  for (const n of [1, 2, 6]) await database.query(`create table ${nameOf(n)}.invoice ()`)
  const migrations = migrationsFolder(invoice)
  const run = await upEach(database, migrations, '--parallel', '1', '--stop-after', '2')
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('2 of 8 tenants failed')
  expect(run.terminationMessage).toContain(
    '1 tenant is done, and stays so; 5 were not begun, since 2 failed (LOTSE_STOP_AFTER).',
  )
  for (const n of [1, 2, 6]) await database.query(`drop table ${nameOf(n)}.invoice`)
  const next = await upEach(database, migrations)
  expect(next.code, next.output).toBe(0)
  expect(next.output).toContain('Applied 001_invoice to 7 tenants')
})

test('four failed tenants: three are explained, the fourth is named', async () => {
  const database = await withTenants(5)
  for (const n of [0, 1, 3, 4]) await database.query(`create table ${nameOf(n)}.invoice ()`)
  const run = await upEach(database, migrationsFolder(invoice))
  expect(run.code).toBe(24)
  expect(
    lines(
      run.terminationMessage,
      /tenant_\d+: MigrationFailed: 001_invoice\.sql, line 1, column \d+: relation "invoice" already exists/,
    ),
  ).toHaveLength(3)
  expect(run.terminationMessage).toContain(`and ${nameOf(4)}`)
  expect(run.terminationMessage).toContain('1 tenant is done')
})

test('a plan that one tenant alone refuses stops that one', async () => {
  const database = await withTenants(3)
  const migrations = migrationsFolder(invoice)
  expect((await upEach(database, migrations)).code).toBe(0)
  await database.query(`update ${nameOf(1)}.lotse_history set checksum = 'sha256:other'`)
  const more = migrationsFolder({ ...invoice, '002_paid.sql': 'alter table invoice add column paid boolean;' })
  const run = await upEach(database, more)
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toMatch(/tenant_0001: PlanRefused: .*001_invoice/s)
  expect(run.terminationMessage).toContain('2 tenants are done')
})

test('a file that cannot run is refused before any tenant is touched', async () => {
  const database = await withTenants(3)
  const run = await upEach(database, migrationsFolder({ ...invoice, '002_bad.sql': 'commit;' }))
  expect(run.code, run.output).toBe(23)
  expect(await database.query(`select relname from pg_class where relname in ('invoice', 'lotse_history')`)).toEqual([])
})

test('tenants that go first: the others begin only when all of these are done', async () => {
  const database = await withTenants(20)
  await database.query(`create table ${nameOf(3)}.invoice ()`)
  const migrations = migrationsFolder(invoice)
  const first = `${nameOf(15)},10%,25%`
  const run = await upEach(database, migrations, '--first', first)
  expect(run.code).toBe(24)
  const applied = lines(run.output, /: applied/).map((line) => /tenant_\d+/.exec(line)?.[0])
  // The named one, then one more for 10 %, then three more for 25 %, of which one fails.
  expect(applied[0]).toBe(nameOf(15))
  expect(applied[1]).toBe(nameOf(0))
  expect(applied.slice(2).sort()).toEqual([nameOf(1), nameOf(2)])
  expect(run.terminationMessage).toContain('15 were not begun, since one of those that go first failed (LOTSE_FIRST)')
  const unknown = await upEach(database, migrations, '--first', 'acme')
  expect(unknown.code).toBe(20)
  expect(unknown.terminationMessage).toContain('LOTSE_FIRST names "acme", which the query for tenants does not return')
})

test('a tenant that appears during the run is migrated too, and one that is gone has not failed', async () => {
  const database = await withTenants(3)
  const migrations = migrationsFolder({
    '001_grow.sql': `do $$ begin
      if current_schema() = 'tenant_0001' then create schema tenant_new; end if;
      create table invoice (id int);
      end $$;`,
  })
  const run = await upEach(database, migrations)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('tenant_new: applied 001_grow')
  expect(run.output).toContain('all 4 tenants have the schema')
})

test('--tenant brings one tenant up to date, without asking the query', async () => {
  const database = await withTenants(2)
  const migrations = migrationsFolder({ ...invoice, '002_path.sql': 'reset search_path; create table path ();' })
  const env = { ...environment(database, migrations), LOTSE_EACH_SCHEMA: 'select name from no_such_table' }
  const run = await lotse(['up', '--tenant', nameOf(1)], env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('Applied  002_path')
  const tables = await database.query(
    `select relnamespace::regnamespace::text as schema from pg_class where relname in ('invoice', 'path', 'lotse_history')`,
  )
  expect(tables.map(({ schema }) => schema)).toEqual([nameOf(1), nameOf(1), nameOf(1)])
  const down = await lotse(['baseline', '--to', '001_invoice', '--tenant', nameOf(0)], env)
  expect(down.code, down.output).toBe(0)
  expect(await database.query(`select name from ${nameOf(0)}.lotse_history`)).toEqual([{ name: '001_invoice' }])
  expect((await lotse(['up', '--tenant', 'nobody'], env)).code).toBe(23)
})
