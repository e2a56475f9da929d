import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Umzug } from 'umzug'
import { expect, test } from 'vitest'
import { umzugStorage } from '../../hook/apply/apply.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, temporaryFolder } from '../support/lotse.ts'

const root = 'test/fixtures/folders'

test.each(readdirSync(root))('a folder as %s has it runs unchanged, and goes down again', async (name) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: `${root}/${name}` }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select name from users order by 1 limit 1')).toEqual([{ name: expect.stringMatching(/^Ada/) }])
  expect((await lotse(['up'], env)).code).toBe(0)

  const names = (await query('select name from lotse_history order by position')).map((row) => row.name)
  const reversible = name !== 'graphile-migrate'
  const down = await lotse(['down', '--to', names[0]], env)
  expect(down.code, down.output).toBe(reversible ? 0 : 23)
  if (reversible) expect(await query('select name from lotse_history')).toHaveLength(1)
})

test('the storage fulfils the contract that Umzug checks', () => {
  expect(() => new Umzug({ migrations: [], storage: umzugStorage([]), logger: undefined })).not.toThrow()
})

/** A folder as the kubelet writes a ConfigMap or Secret volume (kubernetes pkg/volume/util/atomic_writer.go). */
function mountedConfigMap(files: Record<string, string>): string {
  const folder = temporaryFolder()
  const version = '..2026_01_02_03_04_05.678901234'
  mkdirSync(join(folder, version))
  symlinkSync(version, join(folder, '..data'))
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, version, name), text)
    symlinkSync(join('..data', name), join(folder, name))
  }
  return folder
}

test('a mounted ConfigMap is a folder of migrations: symbolic links, and hidden folders beside them', async () => {
  const { url, query } = await freshDatabase()
  const LOTSE_MIGRATIONS = mountedConfigMap({
    '001_users.sql': 'create table users (name text);',
    '001_users.down.sql': 'drop table users;',
    '002_ada.ts': `type Up = { context: { query(sql: string): Promise<unknown> } }
export const up = ({ context }: Up) => context.query("insert into users values ('Ada')")`,
    '003_bob.js': `exports.up = ({ context }) => context.query("insert into users values ('Bob')")`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS })
  expect(run.code, run.output).toBe(0)
  expect(await query('select name from users order by 1')).toEqual([{ name: 'Ada' }, { name: 'Bob' }])
  const names = await query('select name from lotse_history order by position')
  expect(names.map((row) => row.name)).toEqual(['001_users', '002_ada', '003_bob'])
  const empty = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: mountedConfigMap({}) })
  expect(empty.terminationMessage).toContain('holds no migrations')
})

test('what a compiler leaves beside scripts is no stranger', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    '001_a.js': `exports.up = ({ context }) => context.query('create table a (id int)')`,
    '001_a.js.map': '{}',
    '001_a.d.ts': 'export declare const up: unknown',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
})

const table = 'create table t (id int);'
const drop = 'drop table t;'
test.each<[string, Record<string, string>]>([
  ['tern', { '001_t.sql': `${table}\n---- create above / drop below ----\n${drop}` }],
  ['Play', { '1.sql': `# --- !Ups\n${table}\n# --- !Downs\n${drop}` }],
  ['UP and DOWN', { '001_t.sql': `-- UP\n${table}\n-- DOWN\n${drop}` }],
  ['postgrator', { '001.do.t.sql': table, '001.undo.t.sql': drop }],
  ['postgrator without a name', { '1.do.sql': table, '1.undo.sql': drop }],
  ['rollback files', { '001_t.sql': table, '001_t.rollback.sql': drop }],
  ['revert files', { '001_t.up.sql': table, '001_t.revert.sql': drop }],
  ['Flyway', { 'V1_2__t.sql': table, 'U1_2__remove_t.sql': drop }],
  ['words at the end', { '001_t_up.sql': table, '001_t_down.sql': 'drop table if exists t;' }],
  ['a word at the end', { '001_t.sql': table, '001_t-rollback.sql': 'drop table if exists t;' }],
])('what reverts is never run as part of up, and is what down runs: %s', async (_, files) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query(`select to_regclass('t')::text as t`)).toEqual([{ t: 't' }])
  expect(await query('select * from lotse_history')).toHaveLength(1)
  const down = await lotse(['down', '--all'], env)
  expect(down.code, down.output).toBe(0)
  expect(await query(`select to_regclass('t')::text as t`)).toEqual([{ t: null }])
})

test.each<[string, Record<string, string>, number, string]>([
  [
    'a mark',
    { '001_t.sql': `${table}\n-- //@UNDO\n${drop}` },
    23,
    '001_t.sql, line 2: "-- //@UNDO" seems to begin what reverts this file',
  ],
  [
    'a file',
    { '001_t.sql': table, '002_u.undo.sql': drop },
    20,
    '002_u.undo.sql: by its name it reverts a migration, but none has that name',
  ],
  ['a file of Flyway', { 'V1__t.sql': table, 'U2__t.sql': drop }, 20, 'U2__t.sql: by its name it reverts a migration'],
])('what looks like the way back and is not known is refused: %s', async (_, files, code, message) => {
  const { url, query } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  expect(run.code).toBe(code)
  expect(run.terminationMessage).toContain(message)
  expect(await query(`select to_regclass('t')::text as t`)).toEqual([{ t: null }])
})

test('a word at the end of a name that has no counterpart is what the migration is about', async () => {
  const { url, query } = await freshDatabase()
  const files = { '001_t.sql': table, '002_scale_down.sql': 'alter table t add n int;', '003_revert.sql': drop }
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  expect(run.code, run.output).toBe(0)
  expect(await query('select * from lotse_history')).toHaveLength(3)
})
