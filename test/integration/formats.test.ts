import { expect, test } from 'vitest'
import { formats } from '../../hook/config/config.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, temporaryFolder } from '../support/lotse.ts'
import { catalogue, folderOf, people, steps, toolFiles } from '../support/tool-folders.ts'
import { hasDowns } from '../support/tool-layouts.ts'

/** What a person gets who runs the SQL of all steps by hand. */
async function byHand(): Promise<unknown[]> {
  const { query } = await freshDatabase()
  for (const { up } of steps) if (up) await query(up)
  return [await query(catalogue), await query(people)]
}

test.each(formats)('a folder of %s applies as it is, is found applied, and goes down again', async (format) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(toolFiles(format)) }
  expect((await lotse(['status'], env)).code).toBe(10)
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect([await query(catalogue), await query(people)]).toEqual(await byHand())
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 12 migrations are applied')
  expect((await lotse(['status'], env)).code).toBe(0)
  expect((await lotse(['wait', '--timeout', '5s'], env)).code).toBe(0)

  const down = await lotse(['down', '--all'], env)
  expect(down.code, down.output).toBe(hasDowns(format) ? 0 : 23)
  if (!hasDowns(format)) return
  expect(await query(catalogue)).toEqual([])
  expect(await query('select * from lotse_history')).toEqual([])
})

test('an image that lacks the folder reverts what another tool’s files say', async () => {
  const { url, query } = await freshDatabase()
  const folder = folderOf(toolFiles('goose'))
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })).code).toBe(0)
  const down = await lotse(['down', '--all'], { DATABASE_URL: url, LOTSE_MIGRATIONS: temporaryFolder() })
  expect(down.code, down.output).toBe(0)
  expect(await query(catalogue)).toEqual([])
})

test('Flyway’s repeatable migrations run again when they change, after all versions, and never go down', async () => {
  const { url, query } = await freshDatabase()
  const files = {
    'V1__t.sql': 'create table t (n int);\ncreate table runs (name text);',
    'U1__t.sql': 'drop view v;\ndrop table t;',
    'R__view.sql': `drop view if exists v;\ncreate view v as select n from t;\ninsert into runs values ('view');`,
    'R__index.sql': 'create index concurrently if not exists i on t (n);',
  }
  const env = (more: Record<string, string>) => ({
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: folderOf({ ...files, ...more }),
  })
  const first = env({})
  expect((await lotse(['up'], first)).code).toBe(0)
  expect((await lotse(['up'], first)).output).toContain('Nothing to apply: all 3 migrations are applied')
  expect(await query('select name from runs')).toHaveLength(1)

  const newer = env({
    'V2__m.sql': 'alter table t add m int;',
    'U2__m.sql': 'drop view v;\nalter table t drop m;',
    'R__view.sql': `drop view if exists v;\ncreate view v as select n, m from t;\ninsert into runs values ('view');`,
  })
  expect((await lotse(['status'], newer)).output).toMatch(/R__view +pending .*repeatable, changed since it ran/)
  expect((await lotse(['wait', '--timeout', '1s'], newer)).code).toBe(25)
  const run = await lotse(['up'], newer)
  expect(run.output).toContain('2 migrations to apply, 3 applied before: V2__m, R__view')
  expect(await query('select name from runs')).toHaveLength(2)
  // Pods of the older version still start.
  expect((await lotse(['wait', '--timeout', '5s'], first)).code).toBe(0)

  const down = await lotse(['down', '--to', 'V1__t'], newer)
  expect(down.code, down.output).toBe(0)
  const names = await query('select name from lotse_history order by name')
  expect(names.map(({ name }) => name)).toEqual(['R__index', 'R__view', 'V1__t'])
})

test('a file in Go is refused until it is known as applied', async () => {
  const { url, query } = await freshDatabase()
  const files = {
    '1_t.sql': '-- +goose Up\ncreate table t (n int);',
    '2_seed.go': 'package migrations',
    '3_more.sql': '-- +goose Up\nalter table t add m int;',
    'embed.go': 'package migrations',
  }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(files) }
  const refused = await lotse(['up'], env)
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain(
    '2_seed.go is a program in Go, which only goose can run, and it is not applied',
  )
  expect(await query(`select to_regclass('t')::text as t`)).toEqual([{ t: null }])
  expect((await lotse(['repair', 'applied', '2_seed'], env)).code).toBe(0)
  const run = await lotse(['up', '--allow', 'out-of-order'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select n, m from t')).toEqual([])
})

test('an error in a wrapped file, and behind a placeholder, is told with the line and column of the file', async () => {
  const { url } = await freshDatabase()
  const folder = folderOf({ '1_t.up.sql': '-- why\r\nBEGIN;\r\nselect 1;\r\n  select nothing;\r\nCOMMIT;\r\n' })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.terminationMessage).toContain('1_t.up.sql, line 4, column 10: column "nothing" does not exist')
  const flyway = folderOf({ 'V1__t.sql': `select '\${who}',\n  nothing;` })
  const other = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: flyway, LOTSE_PLACEHOLDER_who: 'somebody' })
  expect(other.terminationMessage).toContain('V1__t.sql, line 2, column 3: column "nothing" does not exist')
})

test.each([
  [
    'knex',
    'exports.up = (db) => build(db)\nconst build = (k) => k.schema.createTable("a", () => {})',
    'knex.schema.createTable is beyond what Lotse carries out',
  ],
  [
    'node-pg-migrate',
    'exports.up = (pgm) => build(pgm)\nconst build = (k) => k.createTable("a", {})',
    'pgm.createTable is beyond what Lotse carries out',
  ],
])('a script of %s that hides what it uses fails with it, and leaves nothing', async (format, text, message) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf({ '1_a.js': text }), LOTSE_FORMAT: format }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(`1_a.js, line 2`)
  expect(run.terminationMessage).toContain(message)
  expect(await query('select * from lotse_history')).toEqual([])
})

test('knex binds values and names as knex does, and Kysely builds what it likes', async () => {
  const { url, query } = await freshDatabase()
  const knex = folderOf({
    '1_a.js': `exports.up = async (knex) => {
  await knex.schema.raw('create table ?? (name text, answer text)', ['people']).raw("insert into people values ('?', 'a\\\\?')")
  await knex.raw('insert into people values (?, :x)'.replace(':x', '?'), ['Ada', 'yes'])
  await knex.raw('insert into :table: values (:name, :name)', { table: 'people', name: 'Eve' })
}`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: knex })
  expect(run.code, run.output).toBe(0)
  expect(await query('select name, answer from people')).toEqual([
    { name: '?', answer: 'a\\?' },
    { name: 'Ada', answer: 'yes' },
    { name: 'Eve', answer: 'Eve' },
  ])
  const kysely = folderOf({
    '2_b.ts': `import { type Kysely, sql } from 'kysely'
export async function up(db: Kysely<any>): Promise<void> {
  await db.schema.createTable('pets').addColumn('id', 'serial', (c) => c.primaryKey()).addColumn('name', 'text').execute()
  await db.insertInto('pets').values({ name: 'Rex' }).execute()
  const { rows } = await sql<{ n: number }>\`select count(*)::int as n from pets\`.execute(db)
  if (rows[0]?.n !== 1) throw new Error('no pet')
}
export async function down(db: Kysely<any>): Promise<void> {
  await db.schema.dropTable('pets').execute()
}`,
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: kysely, LOTSE_HISTORY_TABLE: 'other' }
  const other = await lotse(['up'], env)
  expect(other.code, other.output).toBe(0)
  expect(await query('select name from pets')).toEqual([{ name: 'Rex' }])
  expect((await lotse(['down', '--all'], env)).code).toBe(0)
})
