import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const role = `reader_${process.pid}`

/** A database whose history has yet to be made, and a role of its server that may do nothing there; the environments of both. */
async function open() {
  const { url, query } = await freshDatabase()
  await query(`create role ${role} login password 'read'; revoke usage on schema public from public`)
  onTestFinished(() => query(`drop owned by ${role}; drop role ${role}`).then(() => {}))
  const owner = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_first.sql': 'create table first ();' }) }
  const login = Object.assign(new URL(url), { username: role, password: 'read' })
  return { query, owner, reader: { ...owner, DATABASE_URL: login.href, LOTSE_TIMEOUT: '2s' } }
}

test('a role that is named may read the history from the first run on, and nothing else', async () => {
  const { owner, reader, query } = await open()
  expect((await lotse(['up', '--history-readers', role], owner)).code).toBe(0)
  expect((await lotse(['wait'], reader)).code).toBe(0)
  const granted = await query(
    `select table_name, privilege_type from information_schema.role_table_grants where grantee = '${role}'`,
  )
  expect(granted).toEqual([{ table_name: 'lotse_history', privilege_type: 'SELECT' }])
})

test('a role that is named later may read it after a run that has nothing to apply', async () => {
  const { owner, reader } = await open()
  expect((await lotse(['up'], owner)).code).toBe(0)
  const refused = await lotse(['wait'], reader)
  expect(refused.code).toBe(23)
  expect(refused.output).toContain('GRANT')
  expect((await lotse(['up'], { ...owner, LOTSE_HISTORY_READERS: ` other_than_this, ${role}` })).code).toBe(0)
  expect((await lotse(['wait'], reader)).code).toBe(0)
})

test('a role that does not exist is said, and the migrations are applied all the same', async () => {
  const { owner } = await open()
  const run = await lotse(['up', '--history-readers', 'nobody_at_all'], owner)
  expect(run.code).toBe(0)
  expect(run.output).toContain(
    'Could not grant nobody_at_all SELECT on the history, so a gate that logs in as nobody_at_all will not open: role "nobody_at_all" does not exist',
  )
  expect(run.output).toContain('Applied 1 migration in')
})

test('a host that turns on row level security for every new table: the role reads every row all the same, and nobody else does', async () => {
  const { owner, reader, query } = await open()
  await query(`create function secure() returns event_trigger language plpgsql as $$ declare each record; begin
      for each in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' loop
        execute format('alter table %s enable row level security', each.object_identity);
      end loop; end $$;
    create event trigger secure_tables on ddl_command_end execute function secure()`)
  const readers = { ...owner, LOTSE_HISTORY_READERS: role }
  for (const run of [await lotse(['up'], readers), await lotse(['up'], readers)]) {
    expect(run.code, run.output).toBe(0)
    expect(run.output).not.toContain('Could not grant')
  }
  const waited = await lotse(['wait'], reader)
  expect(waited.code, waited.output).toBe(0)
  expect(
    await query(
      `select polroles::regrole[]::text as roles, polcmd as command from pg_policy where polrelid = 'lotse_history'::regclass`,
    ),
  ).toEqual([{ roles: `{${role}}`, command: 'r' }])
  expect(await query(`select relrowsecurity as on from pg_class where oid = 'lotse_history'::regclass`)).toEqual([
    { on: true },
  ])
})
