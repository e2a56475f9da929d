import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const files = {
  '001_a.sql': 'create table a (id int);',
  '001_a.down.sql': 'drop table a;',
  '002_b.up.sql': 'create table b (id int);',
  '002_b.down.sql': 'drop table b;',
  '003_c.sql': '-- lotse: breaking\nalter table a rename column id to key;',
  '003_c.down.sql': 'alter table a rename column key to id;',
}
const older = { '001_a.sql': files['001_a.sql'], '001_a.down.sql': files['001_a.down.sql'] }
const names = 'select name from lotse_history order by position'

test('an image that lacks the files reverts them by what the history keeps', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) })
  const image = { ...env, LOTSE_MIGRATIONS: migrationsFolder(older) }

  const refused = await lotse(['up'], image)
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain(
    '- 003_c, which a newer version applied, is breaking: this version cannot run on its schema',
  )

  const run = await lotse(['down', '--to', '001_a'], image)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toMatch(
    /Reverting 003_c \(1 of 2\)[\s\S]*Reverting 002_b \(2 of 2\)[\s\S]*Reverted 2 migrations in/,
  )
  expect(await query(names)).toEqual([{ name: '001_a' }])
  expect(await query(`select to_regclass('b') as b`)).toEqual([{ b: null }])
  expect(await query('select id from a')).toEqual([])
  expect((await lotse(['up'], image)).code).toBe(0)
})

test('--all reverts the first one, too, and leaves an empty history; it is one of two', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], env)
  const run = await lotse(['down', '--all'], env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('Reverted 3 migrations in')
  expect(await query(names)).toEqual([])
  expect(await query(`select to_regclass('a') as a, to_regclass('b') as b`)).toEqual([{ a: null, b: null }])
  expect((await lotse(['down', '--all'], env)).code).toBe(0)
  const both = await lotse(['down', '--all', '--to', '001_a'], env)
  expect([both.code, both.output]).toEqual([20, expect.stringContaining('--all: reverts what --to would keep')])
})

test('a stored reversal that was tampered with is refused before anything runs', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], env)
  await query(`update lotse_history set down_sql = 'drop table a; drop table b' where name = '002_b'`)
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(
    '- 002_b: the SQL that reverts it was changed in the history: its checksum does not match',
  )
  expect(await query(names)).toHaveLength(3)
})

test('a migration without a reversal is named, and nothing is reverted', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...older,
    '002_b.sql': 'create table b (id int);',
    '003_c.sql': files['003_c.sql'],
    '003_c.down.sql': files['003_c.down.sql'],
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], env)
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('1 of the 2 migrations after 001_a cannot be reverted')
  expect(run.terminationMessage).toContain('- 002_b has no 002_b.down.sql')
  expect(await query(names)).toHaveLength(3)
})

test('a reversal that fails rolls back and says what was reverted before it', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ ...files, '002_b.down.sql': 'drop table b;\ndrop table nowhere;' })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], env)
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_b.down.sql, line 2, column 1: table "nowhere" does not exist')
  expect(run.terminationMessage).toContain('Reverted before it in this run, and reverted for good: 003_c.')
  expect(await query(names)).toEqual([{ name: '001_a' }, { name: '002_b' }])
})

test('a reversal without a transaction continues where it was interrupted', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...older,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently a_id on a (id);\ncreate table log (n int);',
    '002_index.down.sql':
      '-- lotse: no-transaction\ninsert into log values (1);\ndrop index concurrently a_id;\ninsert into log values (1/(select count(*) - 1 from log));\ndrop table log;',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], env)
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('the next run continues at statement 3 of 4')
  expect((await lotse(['up'], env)).terminationMessage).toContain(
    '- 002_index is partly reverted: run lotse down to finish',
  )
  await query('insert into log values (5)')
  const again = await lotse(['down', '--to', '001_a'], env)
  expect(again.code, again.output).toBe(0)
  expect(await query(names)).toEqual([{ name: '001_a' }])
})

test('a name that is not in the history is refused', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], env)
  const run = await lotse(['down', '--to', '000_zero'], env)
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('000_zero is not in the history')
  expect((await lotse(['down'], env)).terminationMessage).toContain(
    '--to: name the newest migration to keep, or revert everything with --all',
  )
})

test('a script is reverted by the down that its file exports, and only while the file is what was applied', async () => {
  const { url, query } = await freshDatabase()
  const script = (body: string) => `export const up = ({ context }) => context.query('create table s (id int)')
export const down = ({ context }) => context.query('${body}')`
  const folder = migrationsFolder({ ...older, '002_s.ts': script('drop table s') })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  await lotse(['up'], env)
  const edited = migrationsFolder({ ...older, '002_s.ts': script('drop table a') })
  const refused = await lotse(['down', '--to', '001_a'], { ...env, LOTSE_MIGRATIONS: edited })
  expect(refused.terminationMessage).toContain(
    '- 002_s.ts was edited after it was applied, so its down may not match what was applied',
  )
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query(`select to_regclass('s') as s, to_regclass('a') as a`)).toEqual([{ s: null, a: 'a' }])
})

test('a script that was started and not finished is reverted too, before what it stands on', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...older,
    '002_b.sql': files['002_b.up.sql'],
    '002_b.down.sql': files['002_b.down.sql'],
    '003_s.ts': `// lotse: no-transaction
export const up = async ({ context }) => { await context.query('create table if not exists s (id int)'); throw new Error('half way') }
export const down = ({ context }) => context.query('drop table s')`,
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  expect((await lotse(['up'], env)).code).toBe(24)
  const run = await lotse(['down', '--to', '001_a.sql'], env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toMatch(/Reverting 003_s \(1 of 2\)[\s\S]*Reverting 002_b \(2 of 2\)/)
  expect(await query(`select to_regclass('s') as s, to_regclass('b') as b`)).toEqual([{ s: null, b: null }])
})

test('a reversal that could not run is refused before any other one runs, and can be corrected', async () => {
  const { url, query } = await freshDatabase()
  const wrong = { ...files, '002_b.down.sql': 'drop index concurrently b_id;' }
  const env = { DATABASE_URL: url }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(wrong) })
  const corrected = { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) }
  const refused = await lotse(['down', '--to', '001_a'], corrected)
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain(
    '- 002_b.down.sql, line 1: DROP INDEX CONCURRENTLY cannot run in a transaction',
  )
  expect(await query(names)).toHaveLength(3)
  expect((await lotse(['repair', 'accept', '002_b'], corrected)).code).toBe(0)
  const run = await lotse(['down', '--to', '001_a'], corrected)
  expect(run.code, run.output).toBe(0)
})

test('a reversal of comments alone reverts nothing, so it is refused and the history keeps what is there', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_a.sql': 'create table a (id int);',
    '002_b.sql': 'create table b (id int);',
    '002_b.down.sql': '-- reverts: b\n',
    '003_c.sql': '-- migrate:up\ncreate table c (id int);\n\n-- migrate:down\n',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  expect((await lotse(['up'], env)).code).toBe(0)
  const run = await lotse(['down', '--to', '001_a'], env)
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('- 002_b: its down file contains only comments')
  expect(run.terminationMessage).toContain('- 003_c: its down file contains only comments')
  expect(await query('select name from lotse_history')).toHaveLength(3)
})
