import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const files = {
  '001_a.sql': 'create table a (id int);',
  '002_b.sql': 'create table b (id int);',
  '003_c.sql': 'create table c (id int);',
}
const rows = 'select name, origin from lotse_history order by position'

test('baseline records what an older database has already, and up goes on from there', async () => {
  const { url, query } = await freshDatabase()
  await query('create table a (id int); create table b (id int)')
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  const run = await lotse(['baseline', '--to', '002_b'], env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('002_b: recorded as applied; nothing was run')
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(rows)).toEqual([
    { name: '001_a', origin: 'baseline' },
    { name: '002_b', origin: 'baseline' },
    { name: '003_c', origin: 'up' },
  ])
})

test('baseline is refused where there is a history, and for a name that is in no file', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  expect((await lotse(['baseline', '--to', '009_x'], env)).terminationMessage).toContain(
    'there is no migration 009_x in the folder',
  )
  await lotse(['up'], env)
  const run = await lotse(['baseline', '--to', '003_c'], env)
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('the history already contains 3 migrations')
})

test('repair accept takes an edited file as it is now', async () => {
  const { url } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  const env = {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ ...files, '002_b.sql': 'create table b (id int); -- a remark' }),
  }
  expect((await lotse(['up'], env)).code).toBe(23)
  const run = await lotse(['repair', 'accept', '002_b'], env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('002_b: accepted the edited file')
  expect((await lotse(['up'], env)).code).toBe(0)
})

test('repair applied takes a migration for applied that was done by hand', async () => {
  const { url, query } = await freshDatabase()
  const env = {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ ...files, '003_c.sql': 'create table a (id int);' }),
  }
  expect((await lotse(['up'], env)).code).toBe(24)
  expect((await lotse(['repair', 'applied', '003_c.sql'], env)).code).toBe(0)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(rows)).toContainEqual({ name: '003_c', origin: 'repair' })
})

test('repair pending forgets a migration, so that up applies it again', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], env)
  await query('drop table c')
  expect((await lotse(['repair', 'pending', '003_c'], env)).code).toBe(0)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(`select to_regclass('c') as c`)).toEqual([{ c: 'c' }])
})

test.each([
  [['repair', 'accept', '003_c'], '003_c is not applied, so there is nothing to accept'],
  [['repair', 'applied', '001_a'], '001_a is already applied'],
  [['repair', 'pending', '009_x'], '009_x is not in the history'],
  [['repair', 'applied', '009_x'], 'there is no migration 009_x in the folder'],
])('%j is refused when there is nothing to settle', async (args, message) => {
  const { url } = await freshDatabase()
  const { '003_c.sql': later, ...first } = files
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(first) })
  const run = await lotse(args, {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ ...first, '003_c.sql': later }),
  })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(message)
})

test('a repair that does not exist is a wrong command line', async () => {
  const run = await lotse(['repair', 'bless', '001_a'], { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop' })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(
    'there is no repair "bless"; usage: lotse repair accept|applied|pending NAME',
  )
})

test.each([
  ['edited', { ...files, '001_a.sql': 'create table a (id bigint);' }],
  ['missing', { '001_a.sql': files['001_a.sql'], '003_c.sql': files['003_c.sql'] }],
  ['out-of-order', { ...files, '002_a.sql': 'create table late (id int);' }],
])('--allow %s lives with it', async (tolerance, changed) => {
  const { url } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(changed) }
  const refused = await lotse(['up'], env)
  expect(refused.code).toBe(23)
  const run = await lotse(['up', '--allow', tolerance], env)
  expect(run.code, run.output).toBe(0)
})

test('a history that a newer Lotse has changed is refused, and so is a table that is no history', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], env)
  await query(`comment on table lotse_history is 'Lotse history, format 2'`)
  const newer = await lotse(['up'], env)
  expect(newer.code).toBe(23)
  expect(newer.terminationMessage).toContain(
    'has format 2, which a newer Lotse wrote; this version reads up to format 1',
  )
  const other = await lotse(['up', '--history-table', 'a'], env)
  expect(other.code).toBe(23)
  expect(other.terminationMessage).toContain('table "public"."a" exists but is not a Lotse history table')
})
