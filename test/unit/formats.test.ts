import { describe, expect, test } from 'vitest'
import { type FormatName, formats } from '../../hook/config/config.ts'
import { formatOf, readMigrations } from '../../hook/folder/read.ts'
import type { Migration } from '../../hook/migration/migration.ts'
import { folderOf, steps, toolFiles } from '../support/tool-folders.ts'
import { hasDowns } from '../support/tool-layouts.ts'

const read = (files: Record<string, string>, format: FormatName | 'auto' = 'auto', env: Record<string, string> = {}) =>
  readMigrations({ migrations: folderOf(files), format }, env)

const problems = async (files: Record<string, string>, format: FormatName | 'auto' = 'auto', env = {}) =>
  read(files, format, env).then(
    () => [],
    (error) => [error.message, ...error.details],
  )

const only = async (
  files: Record<string, string>,
  format: FormatName | 'auto' = 'auto',
  env = {},
): Promise<Migration> => {
  const [migration] = await read(files, format, env)
  if (!migration) throw new Error('no migration')
  return migration
}

/** sqlx names its pairs as golang-migrate does, and Umzug's scripts are Lotse's own. */
const told: Partial<Record<FormatName, FormatName>> = { sqlx: 'golang-migrate', umzug: 'lotse' }

describe.each(formats)('the folder of %s', (format) => {
  test('is told from its files', async () => {
    expect(await formatOf({ migrations: folderOf(toolFiles(format)), format: 'auto' })).toBe(told[format] ?? format)
  })

  test('has its migrations in their order, with what reverts them', async () => {
    const migrations = await read(toolFiles(format), format)
    expect(migrations.map(({ name }) => name.replace(/^.*?(?=[a-z]+(_index)?$)/, ''))).toEqual(
      steps.map(({ slug }) => slug),
    )
    const sql = migrations.filter(({ kind }) => kind === 'sql')
    expect(sql.filter(({ down }) => !down)).toHaveLength(hasDowns(format) ? 0 : sql.length)
    expect(migrations.filter(({ kind }) => kind === 'foreign')).toEqual([])
    expect(new Set(migrations.map((each) => each.format))).toEqual(new Set([format === 'lotse' ? undefined : format]))
  })

  test('says what needs no transaction, and only that', async () => {
    const alone = (await read(toolFiles(format), format)).filter(({ directives }) => !directives.transaction)
    const canSay = !['drizzle', 'node-pg-migrate'].includes(format)
    expect(alone.map(({ name }) => name)).toEqual(canSay ? [expect.stringMatching(/name_index$/)] : [])
    for (const { down } of alone) if (down) expect(down.text).toMatch(/^-- lotse: no-transaction/)
  })

  test('is wrapped in no transaction of its own', async () => {
    const email = (await read(toolFiles(format), format)).find(({ name }) => name.endsWith('email'))
    if (email?.kind === 'script' || format === 'lotse') return
    expect(email?.text).not.toMatch(/begin;|commit;/)
    expect(email?.down?.text ?? '').not.toMatch(/begin;|commit;/)
  })

  test('has the same names in every format that reads it', async () => {
    if (['diesel', 'prisma', 'drizzle'].includes(format)) return
    const [own, plain] = await Promise.all([
      read(toolFiles(format), format),
      read(toolFiles(format), 'lotse').catch(() => []),
    ])
    const names = (list: readonly Migration[]): string[] =>
      list.map(({ name, checksum }) => `${name} ${checksum}`).sort()
    if (plain.length > 0) expect(names(plain)).toEqual(names(own))
  })
})

test.each<[FormatName, readonly (string | undefined)[]]>([
  ['golang-migrate', ['1', '2', '12']],
  ['sqlx', ['1', '2', '12']],
  ['postgrator', ['1', '2', '12']],
  ['goose', ['1', '2', '12']],
  ['diesel', ['20260101000000', '20260101000002', '20260101000022']],
  ['prisma', ['20260101000000_users', '20260101000002_greet', '20260101000022_checked']],
  ['drizzle', ['1767000000000', '1767000000001', '1767000000011']],
  ['dbmate', ['20260101000000', '20260101000002', '20260101000022']],
  ['node-pg-migrate', ['1767000000000_users', '1767000000001_greet', '1767000000011_checked']],
  ['flyway', ['1.5', '1.6', '2.11']],
  ['umzug', ['20260101000000_users.js', '20260101000002_greet.js', '20260101000022_checked.js']],
  ['knex', ['20260101000000_users.js', '20260101000002_greet.js', '20260101000022_checked.js']],
  ['kysely', ['20260101000000_users', '20260101000002_greet', '20260101000022_checked']],
  ['lotse', [undefined, undefined, undefined]],
])('%s knows its migrations by %j', async (format, versions) => {
  const migrations = await read(toolFiles(format), format)
  expect([migrations[0], migrations[1], migrations.at(-1)].map((each) => each?.version)).toEqual(versions)
})

describe('what a tool’s own marks say', () => {
  test('positions in a wrapped file stay those of the file', async () => {
    const whole = '-- why\nBEGIN;\n  select\n    1;\nCOMMIT; -- done\n'
    const { text, checksum } = await only({ '1_a.up.sql': whole })
    expect(text).toBe('-- why\n      \n  select\n    1;\n        -- done\n')
    expect(text).toHaveLength(whole.length)
    expect(checksum).toBe((await only({ '1_a.sql': whole }, 'lotse')).checksum)
  })

  test.each([
    'begin;\nselect 1;\ncommit;\nselect 2;',
    'select 1;\nbegin;\nselect 1;\ncommit;',
    'begin;\nselect 1;\ncommit;\nbegin;\nselect 2;\ncommit;',
    'begin isolation level serializable;\nselect 1;\ncommit;',
    'begin;\nselect 1;\nrollback;',
    `create function f() returns void language plpgsql as $$\nbegin\nperform 1;\nend;\n$$;`,
    'begin;',
  ])('%j is not wrapped as a whole, and stays', async (text) => {
    expect((await only({ '1_a.up.sql': text })).text).toBe(text)
  })

  test('a savepoint in a wrapped file stays', async () => {
    const { text } = await only({ '1_a.up.sql': 'begin;savepoint a;select 1;rollback to a;commit;' })
    expect(text.trim()).toBe('savepoint a;select 1;rollback to a;')
  })

  test('one statement that needs no transaction has none, beside another it is for PostgreSQL to refuse', async () => {
    const index = 'create unique index concurrently i on t (a);'
    expect((await only({ '1_a.up.sql': index })).directives.transaction).toBe(false)
    expect((await only({ '1_a.up.sql': `${index}\nselect 1;` })).directives.transaction).toBe(true)
    expect((await only({ 'V1__a.sql': `${index}\nselect 1;` })).directives.transaction).toBe(false)
    expect((await only({ 'V1__a.sql': `select 'create index concurrently';` })).directives.transaction).toBe(true)
  })

  test('goose fills in variables only where it is told to', async () => {
    const sql = (body: string): string => `-- +goose Up\n${body}`
    const env = { NAME: 'ada', EMPTY: '' }
    const fill = async (body: string): Promise<string> => (await only({ '1_a.sql': sql(body) }, 'auto', env)).text
    expect(await fill(`select '\${NAME}';`)).toContain(`'\${NAME}'`)
    expect(
      await fill(
        `-- +goose ENVSUB ON\nselect '\${NAME} $NAME \${NONE} \${NONE:-x} \${EMPTY:-y} \${EMPTY-z} $$ \${NONE:-\${NAME}}';`,
      ),
    ).toContain(`select 'ada ada  x y  $ ada';`)
    expect(await fill(`-- +goose ENVSUB ON\n-- +goose ENVSUB OFF\nselect '$NAME';`)).toContain(`'$NAME'`)
    expect(await problems({ '1_a.sql': sql(`-- +goose ENVSUB ON\nselect '\${NONE?say it}';`) })).toContain(
      '- 1_a.sql, line 3: the variable NONE is not set (say it); set it in the environment of Lotse',
    )
  })

  test('a statement that ends by its mark alone gets its semicolon, and keeps its place', async () => {
    const goose = '-- +goose Up\n-- +goose StatementBegin\nselect 1\n-- +goose StatementEnd\nselect 2;'
    const { text } = await only({ '1_a.sql': goose })
    expect(text).toHaveLength(goose.length)
    expect(text).toContain('select 1\n;--')
    const drizzle = 'select 1--> statement-breakpoint\nselect 2;\n--> statement-breakpoint\nselect 3'
    const migration = await only({
      '0000_a.sql': drizzle,
      'meta/_journal.json': '{"entries":[{"idx":0,"when":1,"tag":"0000_a"}]}',
    })
    expect(migration.text).toBe('select 1;-- statement-breakpoint\nselect 2;\n--> statement-breakpoint\nselect 3')
  })

  test('Lotse’s own directives are understood in every format', async () => {
    const { directives } = await only({
      '1_a.sql': '-- +goose Up\n-- lotse: breaking\n-- lotse: lock-timeout 9s\nselect 1;',
    })
    expect(directives).toMatchObject({ breaking: true, lockTimeout: 9_000 })
  })

  test('Flyway: placeholders from the environment, in any case, and none where the file says so', async () => {
    const files = { 'V1__a.sql': `select '\${Table_Name} \${flyway:filename} \${a.b}';` }
    const env = { LOTSE_PLACEHOLDER_table_name: 'users', LOTSE_PLACEHOLDER_a_b: 'c' }
    expect((await only(files, 'auto', env)).text).toBe(`select 'users V1__a.sql c';`)
    expect((await only({ ...files, 'V1__a.sql.conf': 'placeholderReplacement=false' })).text).toBe(files['V1__a.sql'])
    const look = await readMigrations({ migrations: folderOf(files), format: 'auto' })
    expect(look[0]?.text).toBe(files['V1__a.sql'])
  })

  test('Flyway: repeatable ones come last, by their description, and have no version', async () => {
    const migrations = await read({
      'V2__b.sql': '',
      'R__z.sql': '',
      'R__a_view.sql': '',
      'V10__c.sql': '',
      'V1_5__a.sql': '',
      'B2__b.sql': '',
    })
    expect(migrations.map(({ name }) => name)).toEqual(['V1_5__a', 'V2__b', 'B2__b', 'V10__c', 'R__a_view', 'R__z'])
    expect(migrations.at(-2)).toMatchObject({ repeatable: true, description: 'a view' })
    expect(migrations.at(-2)?.version).toBeUndefined()
    expect(migrations[2]).toMatchObject({ baseline: true, version: '2' })
  })

  test('Drizzle: the journal decides the order, and its newer layout has folders', async () => {
    const entries = [
      { idx: 1, when: 20, tag: '0001_a' },
      { idx: 0, when: 10, tag: '0009_b' },
    ]
    const old = await read({ '0001_a.sql': '', '0009_b.sql': '', 'meta/_journal.json': JSON.stringify({ entries }) })
    expect(old.map(({ name, version }) => [name, version])).toEqual([
      ['0009_b', '10'],
      ['0001_a', '20'],
    ])
    const newer = await read({
      '20260102030405_a/migration.sql': 'select 1;',
      '20260102030405_a/snapshot.json': '{}',
    })
    expect(newer[0]).toMatchObject({
      name: '20260102030405_a',
      version: String(Date.UTC(2026, 0, 2, 3, 4, 5)),
      format: 'drizzle',
    })
  })

  test('dbmate and diesel compare as text, the others as numbers', async () => {
    const up = '-- migrate:up\n'
    expect((await read({ '9_a.sql': up, '10_b.sql': up })).map(({ name }) => name)).toEqual(['10_b', '9_a'])
    const goose = '-- +goose Up\n'
    expect((await read({ '9_a.sql': goose, '10_b.sql': goose })).map(({ name }) => name)).toEqual(['9_a', '10_b'])
    const diesel = await read({ '2026-01-02_b/up.sql': '', '00000000000000_a/up.sql': '', '20260101_c/up.sql': '' })
    expect(diesel.map(({ version }) => version)).toEqual(['00000000000000', '20260101', '20260102'])
  })
})

describe('what only its tool can run is foreign, with the reason', () => {
  test.each<[string, Record<string, string>, string]>([
    ['goose', { '1_a.sql': '-- +goose Up\n', '2_b.go': 'package x', 'embed.go': 'package x' }, 'is a program in Go'],
    ['flyway', { 'V1__a.sql': '', 'V2__b.java': 'class V2__b {}' }, 'is a program for the Java machine'],
    ['postgrator', { '1.do.a.sql': '', '2.do.b.js': 'module.exports = {}' }, 'is a script of postgrator'],
    [
      'knex',
      {
        '1_a.js': `exports.up = (knex) => knex.raw('')`,
        '2_b.js': 'exports.up = (knex) => knex.schema\n  .createTable("a", () => {})',
      },
      'uses knex.schema.createTable in line 1',
    ],
    [
      'knex',
      {
        '1_a.js': `exports.up = (knex) => knex.raw('')`,
        '2_b.js': '// knex.raw\nexports.up = (knex) => knex("users").insert({})',
      },
      'calls knex() in line 2',
    ],
    [
      'knex',
      {
        '1_a.ts': `export async function up(knex: Knex) { await knex.raw('') }`,
        '2_b.ts': 'export async function up(db: Knex) {\n  await db.table("a") }',
      },
      'uses db.table in line 2',
    ],
    [
      'node-pg-migrate',
      {
        '1_a.js': `exports.up = (pgm) => { pgm.sql('') }`,
        '2_b.js': 'exports.up = async (pgm) => {\n\n  pgm.createTable("a", {}) }',
      },
      'uses pgm.createTable in line 3',
    ],
  ])('%s: %j', async (format, files, why) => {
    const [first, second] = await read(files)
    expect(first).toMatchObject({ format })
    expect(first?.kind).not.toBe('foreign')
    expect(second).toMatchObject({ format, kind: 'foreign', foreign: why })
  })
})

describe('a folder that cannot be told, or is broken', () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      'diesel and goose',
      { '2026_a/up.sql': '', '2_b.go': '' },
      ['marks of two tools', 'diesel (2026_a/up.sql)', 'goose (2_b.go)'],
    ],
    [
      'goose and dbmate',
      { '1_a.sql': '-- +goose Up\n', '2_b.sql': '-- migrate:up\n' },
      ['goose (1_a.sql) and dbmate (2_b.sql)'],
    ],
    ['two in one file', { '1_a.sql': '-- +goose Up\n-- migrate:up\n' }, ['goose (1_a.sql) and dbmate (1_a.sql)']],
    [
      'Flyway and postgrator',
      { 'V1__a.sql': '', '2.do.b.sql': '' },
      ['flyway (V1__a.sql) and postgrator (2.do.b.sql)'],
    ],
    [
      'Prisma and Drizzle',
      { 'a/migration.sql': '', 'migration_lock.toml': '', 'a/snapshot.json': '{}' },
      ['drizzle (a/snapshot.json)', 'prisma (migration_lock.toml)'],
    ],
    [
      'diesel without up.sql',
      { '2026_a/up.sql': '', '2026_b/down.sql': '' },
      ['2026_b: has no up.sql, without which diesel has nothing to apply; add it'],
    ],
    [
      'Prisma without migration.sql',
      { '2026_a/migration.sql': '', '2026_b/x.txt': '' },
      ['2026_b: has no migration.sql'],
    ],
    [
      'a journal that lacks a file',
      { 'meta/_journal.json': '{"entries":[{"idx":0,"when":1,"tag":"0000_a"}]}' },
      ['meta/_journal.json names the migration 0000_a, and 0000_a.sql is missing; restore it'],
    ],
    [
      'a file that the journal lacks',
      { 'meta/_journal.json': '{"entries":[]}', '0000_a.sql': '' },
      ['0000_a.sql: is not in meta/_journal.json, so Drizzle never applies it'],
    ],
    ['a journal that is none', { 'meta/_journal.json': '{' }, ['meta/_journal.json: is not JSON']],
    [
      'equal versions',
      { 'V1__a.sql': '', 'V1.0__b.sql': '' },
      ['V1.0__b.sql and V1__a.sql: both have version 1, and Flyway knows a migration by it'],
    ],
    [
      'equal numbers',
      { '1_a.up.sql': '', '01_b.up.sql': '' },
      ['01_b.up.sql and 1_a.up.sql: both have version 1, and golang-migrate'],
    ],
    [
      'no value',
      { 'V1__a.sql': `select 1;\nselect '\${who}';` },
      ['V1__a.sql, line 2: the placeholder $', '{who} has no value; set LOTSE_PLACEHOLDER_who'],
    ],
    [
      'a callback',
      { 'V1__a.sql': '', 'afterMigrate.sql': '' },
      ['afterMigrate.sql: is a callback of Flyway, which Lotse does not run; make it a repeatable migration'],
    ],
    [
      'an unknown setting',
      { 'V1__a.sql': '', 'V1__a.sql.conf': 'shouldExecute=false' },
      ['V1__a.sql.conf, line 1: shouldExecute=false is a setting of Flyway that Lotse does not have'],
    ],
    [
      'an undo of nothing',
      { 'V1__a.sql': '', 'U2__a.sql': '' },
      ['U2__a.sql: by its name it reverts a migration, but there is none of version 2'],
    ],
    [
      'no mark',
      { '1_a.sql': 'select 1;', '2_b.go': '' },
      ['1_a.sql: has no line "-- +goose Up", without which goose runs nothing of it'],
    ],
    [
      'down before up',
      { '1_a.sql': '-- migrate:down\n-- migrate:up\n' },
      ['1_a.sql, line 1: has "-- migrate:down" but no "-- migrate:up" before it'],
    ],
    [
      'a stray statement',
      { '1_a.sql': 'select 1;\n-- +goose Up\n' },
      ['1_a.sql, line 1: stands before "-- +goose Up"'],
    ],
    [
      'Ecto',
      { '20260101_a.exs': '' },
      ['20260101_a.exs: is not a migration', 'only Ecto can run this one', 'golang-migrate, sqlx, diesel'],
    ],
    ['nobody’s', { 'a.sh': '' }, ['a.sh: is not a migration', 'it has that of no other tool (golang-migrate,']],
  ])('%s', async (_, files, sentences) => {
    const said = (await problems(files)).join('\n')
    for (const sentence of sentences) expect(said).toContain(sentence)
  })

  test('two tools’ marks are no question for who names the tool', async () => {
    const [migration] = await read({ '1_a.sql': '-- +goose Up\n-- migrate:up transaction:false\nselect 1;' }, 'dbmate')
    expect(migration).toMatchObject({ format: 'dbmate', directives: { transaction: false } })
  })

  test('a golang-migrate folder that could be sqlx is read the same way', async () => {
    const files = {
      '1_a.up.sql': '-- no-transaction\ncreate index concurrently i on t (a);',
      '1_a.down.sql': '-- no-transaction\nselect 1;',
    }
    const [[one], [other]] = await Promise.all([read(files), read(files, 'sqlx')])
    const { format, description, ...rest } = other ?? ({} as Migration)
    expect(format).toBe('sqlx')
    expect(description).toBe('a')
    expect(one).toEqual({ ...rest, path: expect.stringMatching(/1_a\.up\.sql$/), format: 'golang-migrate' })
  })

  test.each<[string, Record<string, string>]>([
    ['some files have marks', { '1_a.sql': '-- +goose Up\n', '2_b.sql': 'select 1;' }],
    ['Flyway’s names beside others', { 'V1__a.sql': '', 'seed.sql': '' }],
    ['one script is of Kysely', { '1_a.sql': '', '2_b.ts': `import { sql } from 'kysely'` }],
    ['plain numbers', { '1_a.sql': '', '2_b.sql': '' }],
    ['pairs beside a script', { '1_a.up.sql': '', '2_b.ts': 'export const up = () => {}' }],
  ])('Lotse’s own layout reads it as ever: %s', async (_, files) => {
    expect((await read(files)).map(({ format }) => format)).toEqual([undefined, undefined])
  })
})
