import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, start } from '../support/lotse.ts'
import * as made from '../support/other-tools.ts'
import { folderOf } from '../support/other-tools.ts'

/** What every folder here does, however its tool writes it: the tool has applied the first two, the third is left for Lotse. */
const sql = {
  first: 'create table n (n int);\ninsert into n values (1);\n',
  second: 'update n set n = n * 2;\n',
  third: 'update n set n = n * 5;\n',
}

type Story = {
  readonly tool: string
  readonly files: Record<string, string>
  /** SQL that leaves the tool's table as the tool does. */
  readonly table: string
  readonly names: readonly [string, string, string]
  /** What the history says of when and by whom, where the tool records it. */
  readonly at?: string
  readonly by?: string
}

const tools: readonly Story[] = [
  {
    tool: 'golang-migrate',
    files: {
      '1_first.up.sql': sql.first,
      '1_first.down.sql': 'drop table n;',
      '2_second.up.sql': sql.second,
      '2_second.down.sql': 'update n set n = n / 2;',
      '10_third.up.sql': sql.third,
    },
    table: made.golangMigrate('(2, false)'),
    names: ['1_first', '2_second', '10_third'],
  },
  {
    tool: 'sqlx',
    files: { '1_first.sql': sql.first, '2_second.sql': sql.second, '3_third.sql': sql.third },
    table: made.sqlx(
      `(1, 'first', '2026-01-02 03:04:05+00', true, '\\x${hash('sha384', sql.first)}', 1), (2, 'second', '2026-01-02 03:04:06+00', true, '\\x${hash('sha384', sql.second)}', 1)`,
    ),
    names: ['1_first', '2_second', '3_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'diesel',
    files: {
      '2026-01-01-000000_first/up.sql': sql.first,
      '2026-01-01-000000_first/down.sql': 'drop table n;',
      '2026-01-02-000000_second/up.sql': sql.second,
      '2026-01-02-000000_second/down.sql': 'update n set n = n / 2;',
      '2026-01-03-000000_third/up.sql': sql.third,
      '2026-01-03-000000_third/down.sql': 'update n set n = n / 5;',
    },
    table: made.diesel(`('20260101000000', '2026-01-02 03:04:05'), ('20260102000000', '2026-01-02 03:04:06')`),
    names: ['2026-01-01-000000_first', '2026-01-02-000000_second', '2026-01-03-000000_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'prisma',
    files: {
      'migration_lock.toml': 'provider = "postgresql"\n',
      '20260101000000_first/migration.sql': sql.first,
      '20260102000000_second/migration.sql': sql.second,
      '20260103000000_third/migration.sql': sql.third,
    },
    // The second failed once, and was marked as rolled back.
    table: made.prisma(
      `('a', '${hash('sha256', sql.first)}', '20260101000000_first', '2026-01-02 03:04:04', '2026-01-02 03:04:05+00', null),
       ('b', 'x', '20260102000000_second', '2026-01-02 03:04:05', null, now()),
       ('c', '${hash('sha256', sql.second)}', '20260102000000_second', '2026-01-02 03:04:06', '2026-01-02 03:04:06+00', null)`,
    ),
    names: ['20260101000000_first', '20260102000000_second', '20260103000000_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'drizzle',
    files: {
      'meta/_journal.json': JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: ['first', 'second', 'third'].map((name, idx) => ({
          idx,
          version: '7',
          when: 1767225600000 + idx,
          tag: `000${idx}_${name}`,
          breakpoints: true,
        })),
      }),
      '0000_first.sql': sql.first,
      '0001_second.sql': sql.second,
      '0002_third.sql': sql.third,
    },
    table: made.drizzle(
      `('${hash('sha256', sql.first)}', 1767225600000), ('${hash('sha256', sql.second)}', 1767225600001)`,
    ),
    names: ['0000_first', '0001_second', '0002_third'],
  },
  {
    tool: 'goose',
    files: {
      '00001_first.sql': `-- +goose Up\n${sql.first}-- +goose Down\ndrop table n;\n`,
      '00002_second.sql': `-- +goose Up\n${sql.second}-- +goose Down\nupdate n set n = n / 2;\n`,
      '00003_third.sql': `-- +goose Up\n${sql.third}-- +goose Down\nupdate n set n = n / 5;\n`,
    },
    // 3 was applied and taken back.
    table: made.goose(
      `(0, true, now()), (1, true, '2026-01-02 03:04:05'), (2, true, '2026-01-02 03:04:06'), (3, true, now()), (3, false, now())`,
    ),
    names: ['00001_first', '00002_second', '00003_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'dbmate',
    files: {
      '20260101000000_first.sql': `-- migrate:up\n${sql.first}-- migrate:down\ndrop table n;\n`,
      '20260102000000_second.sql': `-- migrate:up\n${sql.second}-- migrate:down\nselect 1;\n`,
      '20260103000000_third.sql': `-- migrate:up\n${sql.third}-- migrate:down\nselect 1;\n`,
    },
    table: made.dbmate(`('20260101000000'), ('20260102000000')`),
    names: ['20260101000000_first', '20260102000000_second', '20260103000000_third'],
  },
  {
    tool: 'node-pg-migrate',
    files: {
      '1700000000000_first.sql': `-- Up Migration\n${sql.first}-- Down Migration\ndrop table n;\n`,
      '1700000000001_second.sql': `-- Up Migration\n${sql.second}-- Down Migration\nselect 1;\n`,
      '1700000000002_third.sql': `-- Up Migration\n${sql.third}-- Down Migration\nselect 1;\n`,
    },
    table: made.nodePgMigrate(
      `('1700000000000_first', '2026-01-02 03:04:05'), ('1700000000001_second', '2026-01-02 03:04:06')`,
    ),
    names: ['1700000000000_first', '1700000000001_second', '1700000000002_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'knex',
    files: Object.fromEntries(
      Object.entries(sql).map(([name, text], index) => [
        `2026010${index + 1}000000_${name}.js`,
        `exports.up = ({ context }) => context.query(\`${text}\`)`,
      ]),
    ),
    table: made.knex(
      `('20260101000000_first.js', 1, '2026-01-02 03:04:05+00'), ('20260102000000_second.js', 2, '2026-01-02 03:04:06+00')`,
    ),
    names: ['20260101000000_first', '20260102000000_second', '20260103000000_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'kysely',
    files: Object.fromEntries(
      Object.entries(sql).map(([name, text], index) => [
        `${index + 1}_${name}.ts`,
        `export const up = ({ context }: any) => context.query(\`${text}\`)`,
      ]),
    ),
    table: made.kysely(`('1_first', '2026-01-02T03:04:05.678Z'), ('2_second', '2026-01-02T03:04:06.789Z')`),
    names: ['1_first', '2_second', '3_third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'umzug',
    files: Object.fromEntries(
      Object.entries(sql).map(([name, text], index) => [
        `0${index + 1}_${name}.js`,
        `exports.up = ({ context }) => context.query(\`${text}\`)`,
      ]),
    ),
    table: made.umzug(`('01_first.js'), ('02_second.js')`),
    names: ['01_first', '02_second', '03_third'],
  },
  {
    tool: 'postgrator',
    files: { '1.do.first.sql': sql.first, '2.do.second.sql': sql.second, '3.do.third.sql': sql.third },
    table: made.postgrator(
      `(0, null, null, null), (1, 'first', '${hash('md5', sql.first)}', '2026-01-02 03:04:05+00'), (2, 'second', '${hash('md5', sql.second)}', '2026-01-02 03:04:06+00')`,
    ),
    names: ['1.do.first', '2.do.second', '3.do.third'],
    at: '2026-01-02 03:04:06',
  },
  {
    tool: 'flyway',
    files: { 'V1__first.sql': sql.first, 'V1_1__second.sql': sql.second, 'V2__third.sql': sql.third },
    table: made.flyway(
      `(0, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"public"', null, 'ada', now(), 0, true)`,
      `(1, '1', 'first', 'SQL', 'V1__first.sql', ${flywayChecksum(sql.first)}, 'ada', '2026-01-02 03:04:05', 1, true)`,
      `(2, '1.1', 'second', 'SQL', 'V1_1__second.sql', ${flywayChecksum(sql.second)}, 'bob', '2026-01-02 03:04:06', 1, true)`,
      // Applied and undone.
      `(3, '2', 'third', 'SQL', 'V2__third.sql', 1, 'ada', now(), 1, true), (4, '2', 'third', 'UNDO_SQL', 'U2__third.sql', 1, 'ada', now(), 1, true)`,
    ),
    names: ['V1__first', 'V1_1__second', 'V2__third'],
    at: '2026-01-02 03:04:06',
    by: 'bob',
  },
]

function flywayChecksum(text: string): number {
  return crc32(text.replaceAll('\n', '')) | 0
}

/** A database as the tool leaves it, and its folder. */
async function migrated({ files, table }: Pick<Story, 'files' | 'table'>) {
  const database = await freshDatabase()
  await database.query(`set timezone = 'UTC'; ${sql.first} ${sql.second} ${table}`)
  await database.query(
    `do $$ begin execute format('alter database %I set timezone = ''UTC''', current_database()); end $$`,
  )
  return { ...database, env: { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folderOf(files) } }
}

const history = ({ query }: Pick<TestDatabase, 'query'>) =>
  query(
    `select name, origin, to_char(applied_at, 'YYYY-MM-DD HH24:MI:SS') as at, applied_by as by from lotse_history order by position`,
  )

test.each(tools)('$tool: what it has applied is taken over, and the rest runs once', async (story) => {
  const { tool, names, at, by } = story
  const database = await migrated(story)
  const { env, query } = database
  const [table] = await query(`select format('%I.%I', schemaname, tablename) as name from pg_tables
    where tablename ~ 'migration|version|Meta|history' and tablename !~ '_lock$' order by 1`)
  const before = await query(`select * from ${table?.name}`)
  const refused = await lotse(['up'], env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain(`lotse adopt --from ${tool}`)

  const shown = await lotse(['adopt', '--from', tool, '--dry-run'], env)
  expect(shown.code, shown.output).toBe(0)
  expect(shown.output).toContain('Would record 2 migrations as applied by')
  expect(shown.output).toContain(names[1])
  expect(await query(`select to_regclass('lotse_history') as history`)).toEqual([{ history: null }])

  const taken = await lotse(['adopt', '--from', tool], env)
  expect(taken.code, taken.output).toBe(0)
  const rows = await history(database)
  expect(rows.map(({ name, origin }) => [name, origin])).toEqual([
    [names[0], tool],
    [names[1], tool],
  ])
  if (at) expect(rows[1]?.at).toBe(at)
  expect(rows[1]?.by).toBe(by ?? 'postgres')
  const again = await lotse(['adopt'], env)
  expect(again.code, again.output).toBe(0)
  expect(again.output).toContain('Nothing to take over')

  const status = await lotse(['status'], env)
  expect(status.output).toMatch(new RegExp(`${names[1]} +applied +\\S+ \\S+ +${tool}`))
  const up = await lotse(['up'], env)
  expect(up.code, up.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
  expect((await history(database)).map(({ name }) => name)).toEqual([...names])
  expect(await query(`select * from ${table?.name}`)).toEqual(before)
})

function storyOf(name: string): Story {
  const story = tools.find(({ tool }) => tool === name)
  if (!story) throw new Error(`there is no story of ${name}`)
  return story
}
const [golangMigrate, sqlx, prisma, goose, flyway] = ['golang-migrate', 'sqlx', 'prisma', 'goose', 'flyway'].map(
  storyOf,
) as [Story, Story, Story, Story, Story]

test('up --adopt takes over once and then migrates, twenty of them at once too', async () => {
  const database = await migrated(goose)
  const env = { ...database.env, LOTSE_LOG_FORMAT: 'json', LOTSE_ADOPT: 'auto' }
  const runs = await Promise.all(Array.from({ length: 20 }, () => lotse(['up'], env)))
  expect(runs.map(({ code }) => code)).toEqual(Array(20).fill(0))
  const events = runs.flatMap((run) => run.events)
  expect(events.filter(({ event }) => event === 'history.adopted')).toMatchObject([
    { tool: 'goose', table: 'public.goose_db_version', names: goose.names.slice(0, 2) },
  ])
  expect(events.filter(({ event }) => event === 'migration.applied').map(({ name }) => name)).toEqual([goose.names[2]])
  expect(await database.query('select n from n')).toEqual([{ n: 10 }])
})

test('down says that the other tool still takes for applied what was reverted here', async () => {
  const database = await migrated(golangMigrate)
  expect((await lotse(['up', '--adopt', 'golang-migrate'], database.env)).code).toBe(0)
  await database.query(`delete from lotse_history where name = '10_third'`)
  const run = await lotse(['down', '--to', '1_first'], { ...database.env, LOTSE_LOG_FORMAT: 'json' })
  expect(run.code, run.output).toBe(0)
  expect(run.events.filter(({ event }) => event === 'history.diverged')).toMatchObject([
    { tool: 'golang-migrate', names: ['2_second'] },
  ])
})

test('up --adopt on a database that no tool has touched just migrates', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(goose.files), LOTSE_ADOPT: 'goose' }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
  const adopt = await lotse(['adopt'], { ...env, LOTSE_ADOPT: 'knex' })
  expect(adopt.code).toBe(23)
  expect(adopt.terminationMessage).toContain('this database has not a table of knex')
})

test.each<[string, Pick<Story, 'files' | 'table'>, string, string, string?]>([
  [
    'a dirty row',
    { ...golangMigrate, table: made.golangMigrate('(2, true)') },
    'golang-migrate',
    '2: golang-migrate began it',
  ],
  [
    'a row that failed',
    { ...sqlx, table: made.sqlx(`(1, 'first', now(), false, '\\x00', 1)`) },
    'sqlx',
    '1: sqlx began it and has not recorded that it ended well',
  ],
  [
    'a failed row of Prisma',
    { ...prisma, table: made.prisma(`('a', 'x', '20260101000000_first', now(), null, null)`) },
    'prisma',
    '20260101000000_first: Prisma began it',
  ],
  [
    'an edited file of Prisma',
    { ...prisma, files: { ...prisma.files, '20260102000000_second/migration.sql': 'select 2;' } },
    'prisma',
    'was edited after Prisma had applied it',
    'edited',
  ],
  [
    'an edited file of Drizzle',
    { ...storyOf('drizzle'), files: { ...storyOf('drizzle').files, '0001_second.sql': 'select 2;' } },
    'drizzle',
    '0001_second.sql was edited after Drizzle had applied it',
    'edited',
  ],
  [
    'an edited file of postgrator',
    { ...storyOf('postgrator'), files: { ...storyOf('postgrator').files, '2.do.second.sql': 'select 2;' } },
    'postgrator',
    '2.do.second.sql was edited after postgrator had applied it',
    'edited',
  ],
  [
    'an edited file of Flyway',
    { ...flyway, files: { ...flyway.files, 'V1_1__second.sql': 'select 2;' } },
    'flyway',
    'V1_1__second.sql was edited after Flyway had applied it',
    'edited',
  ],
  [
    'a failed row of Flyway',
    { ...flyway, table: made.flyway(`(1, '1', 'first', 'SQL', 'V1__first.sql', 1, 'ada', now(), 1, false)`) },
    'flyway',
    '1: Flyway began it',
  ],
  [
    'an edited file',
    { ...sqlx, files: { ...sqlx.files, '2_second.sql': 'select 2;' } },
    'sqlx',
    '2_second.sql was edited after sqlx had applied it',
    'edited',
  ],
  [
    'an applied migration without its file',
    { ...goose, files: { '00002_second.sql': sql.second, '00003_third.sql': sql.third } },
    'goose',
    '1 was applied but the folder has no file of it',
    'missing',
  ],
  [
    'a newer version than the folder has',
    { ...golangMigrate, table: made.golangMigrate('(11, false)') },
    'golang-migrate',
    '11 was applied but the folder has no file of it',
  ],
])('%s is refused', async (_, story, tool, message, tolerance) => {
  const database = await migrated(story)
  const { env, query } = database
  for (const args of [
    ['adopt', '--from', tool],
    ['adopt', '--from', tool, '--dry-run'],
    ['up', '--adopt', tool],
  ]) {
    const run = await lotse(args, env)
    expect(run.code, run.output).toBe(23)
    expect(run.terminationMessage).toContain(message)
  }
  expect(await query(`select to_regclass('lotse_history') as history`)).toEqual([{ history: null }])
  expect(await query('select n from n')).toEqual([{ n: 2 }])
  if (!tolerance) return
  const run = await lotse(['up', '--adopt', tool, '--allow', tolerance], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
})

test('other line endings are no edit', async () => {
  const files = Object.fromEntries(
    Object.entries(sqlx.files).map(([file, text]) => [file, text.replaceAll('\n', '\r\n')]),
  )
  const { env } = await migrated({ ...sqlx, files })
  const run = await lotse(['adopt', '--from', 'sqlx'], env)
  expect(run.code, run.output).toBe(0)
})

test("Flyway's baseline stands for every version up to its own", async () => {
  const table = made.flyway(
    `(1, '1.1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, 'ada', '2026-01-02 03:04:06', 0, true)`,
  )
  const database = await migrated({ ...flyway, table })
  const run = await lotse(['up', '--adopt', 'flyway'], database.env)
  expect(run.code, run.output).toBe(0)
  expect((await history(database)).map(({ name, origin }) => [name, origin])).toEqual([
    ['V1__first', 'flyway'],
    ['V1_1__second', 'flyway'],
    ['V2__third', 'up'],
  ])
})

test("Flyway's baseline that is a file stands for it, and what is repeatable runs again when it has changed", async () => {
  const files = {
    'V1__first.sql': 'select 1/0;',
    'B1_1__all.sql': `${sql.first}${sql.second}`,
    'V2__third.sql': sql.third,
    'R__same.sql': 'create or replace view same as select 1 as one;',
    'R__changed.sql': 'create or replace view changed as select 2 as two;',
  }
  const repeatable = (rank: number, name: string, checksum: number): string =>
    `(${rank}, null, '${name}', 'SQL', 'R__${name}.sql', ${checksum}, 'ada', now(), 1, true)`
  const table = made.flyway(
    `(1, '1.1', 'all', 'SQL_BASELINE', 'B1_1__all.sql', ${flywayChecksum(files['B1_1__all.sql'])}, 'ada', now(), 1, true)`,
    repeatable(2, 'same', flywayChecksum(files['R__same.sql'])),
    repeatable(3, 'changed', 1),
  )
  const database = await migrated({ files, table })
  const run = await lotse(['up', '--adopt', 'flyway'], { ...database.env, LOTSE_LOG_FORMAT: 'json' })
  expect(run.code, run.output).toBe(0)
  const applied = run.events.filter(({ event }) => event === 'migration.applied').map(({ name }) => name)
  expect(applied).toEqual(['V2__third', 'R__changed'])
  expect(await database.query('select n from n')).toEqual([{ n: 10 }])
  expect((await history(database)).map(({ name }) => name)).toEqual(['B1_1__all', 'R__same', 'R__changed', 'V2__third'])
  const noOp = await lotse(['up'], { ...database.env, LOTSE_LOG_FORMAT: 'json' })
  expect(noOp.code, noOp.output).toBe(0)
  expect(noOp.events.filter(({ event }) => event === 'migration.applied')).toEqual([])
})

test('what only the tool can run is taken over where the tool has run it, and refused where it has not', async () => {
  const { '00002_second.sql': _, ...others } = goose.files
  const withGo = { ...others, '00002_second.go': 'package migrations', '00004_fourth.go': 'package migrations' }
  const database = await migrated({ ...goose, files: withGo })
  const refused = await lotse(['up', '--adopt', 'goose'], database.env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain('00004_fourth.go')
  expect((await history(database)).map(({ name, origin }) => [name, origin])).toEqual([
    ['00001_first', 'goose'],
    ['00002_second', 'goose'],
  ])
  const env = { ...database.env, LOTSE_MIGRATIONS: folderOf({ ...goose.files, '00002_second.sql': 'select 1/0;' }) }
  const edited = await lotse(['up'], env)
  expect(edited.terminationMessage).toContain('00002_second.sql was edited after it was applied')
})

test('a version that comes late to golang-migrate is no sign that it has gone on', async () => {
  const database = await migrated(golangMigrate)
  expect((await lotse(['up', '--adopt', 'golang-migrate'], database.env)).code).toBe(0)
  await database.query(`delete from lotse_history where name = '10_third'`)
  const late = { ...golangMigrate.files, '0_late.up.sql': 'create table late (n int);' }
  const env = { ...database.env, LOTSE_MIGRATIONS: folderOf(late) }
  const run = await lotse(['up', '--allow', 'out-of-order'], env)
  expect(run.code, run.output).toBe(0)
  await database.query('update schema_migrations set version = 11')
  const newer = { ...late, '11_next.up.sql': 'create table next (n int);' }
  const refused = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: folderOf(newer) })
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain('11_next.up.sql is pending, and golang-migrate has applied it')
})

test.each<[string, Story, (at: string) => string]>([
  [
    'golang-migrate',
    golangMigrate,
    (at) => `${(BigInt(crc32(`public\0schema_migrations\0${at}`)) * 1486364155n) % 4294967296n}`,
  ],
  ['sqlx', sqlx, (at) => `${0x3d32ad9en * BigInt(crc32(at))}`],
  ['goose', goose, () => '5887940537704921958'],
  ['prisma', prisma, () => '72707369'],
  ['node-pg-migrate', storyOf('node-pg-migrate'), () => '7241865325823964'],
  ['kysely', storyOf('kysely'), () => '3853314791062309107'],
  // 77431708279161 and the hash code that Java makes of "public"."flyway_schema_history".
  ['flyway', flyway, () => '77433833903597'],
])('%s at work is refused: it holds its lock', async (tool, story, key) => {
  const database = await migrated(story)
  const holder = await database.connect()
  await holder.query(`select pg_advisory_lock(${key(new URL(database.url).pathname.slice(1))})`)
  const run = await lotse(['adopt', '--from', tool], database.env)
  expect(run.code, run.output).toBe(23)
  expect(run.terminationMessage).toMatch(
    new RegExp(`${tool} is migrating this database: pid \\d+ .* holds its lock`, 'i'),
  )
  await holder.query('select pg_advisory_unlock_all()')
  expect((await lotse(['adopt', '--from', tool], database.env)).code).toBe(0)
})

test('Knex at work is refused: its lock is a row', async () => {
  const { env, query } = await migrated(storyOf('knex'))
  await query('update knex_migrations_lock set is_locked = 1')
  const run = await lotse(['adopt', '--from', 'knex'], env)
  expect(run.code, run.output).toBe(23)
  expect(run.terminationMessage).toContain('free the lock with knex migrate:unlock')
})

test('a tool that goes on after its history was taken over: what it has applied never runs twice', async () => {
  const { env, query } = await migrated(goose)
  expect((await lotse(['adopt', '--from', 'goose'], env)).code).toBe(0)
  await query(`${sql.third} insert into goose_db_version (version_id, is_applied) values (3, true), (4, true)`)
  const refused = await lotse(['up'], env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain(
    '00003_third.sql is pending, and goose has applied it, by public.goose_db_version',
  )
  expect(refused.output).toContain('goose has applied what has no file here, by public.goose_db_version: 4')
  expect((await lotse(['adopt', '--allow', 'missing'], env)).code).toBe(0)
  const up = await lotse(['up'], env)
  expect(up.code, up.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
})

test('a table outside of the search_path has to be named, and one of another name too', async () => {
  const { env, query } = await migrated(goose)
  await query(
    'create schema meta; alter table goose_db_version set schema meta; alter table meta.goose_db_version rename to versions',
  )
  expect((await lotse(['adopt', '--from', 'goose'], env)).code).toBe(23)
  const run = await lotse(['adopt', '--from', 'goose:meta.versions'], env)
  expect(run.code, run.output).toBe(0)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
})

test('two tools in one database: auto takes the one whose files these are, or asks', async () => {
  const { env } = await migrated({ files: sqlx.files, table: `${sqlx.table} ${goose.table}` })
  const asked = await lotse(['adopt'], env)
  expect(asked.code, asked.output).toBe(23)
  expect(asked.terminationMessage).toContain('--from sqlx:public._sqlx_migrations')
  expect((await lotse(['adopt', '--from', 'sqlx'], env)).code).toBe(0)
})

test('a run that is killed while it takes over leaves nothing of it behind', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => `(${index + 1}, true, now())`)
  const files = Object.fromEntries(
    rows.map((_, index) => [`${String(index + 1).padStart(5, '0')}_x.sql`, '-- +goose Up\nselect 1;']),
  )
  const database = await migrated({ files, table: made.goose(rows.join(', ')) })
  const { env, query } = database
  // Holds the last row back: the transaction that takes over stands still in its middle.
  await query(`create table lotse_history (position bigint generated always as identity primary key, name text not null unique, checksum text not null,
    state text not null default 'applied', statements text[] not null default '{}', under_way text, breaking boolean not null default false, down_sql text, down_checksum text,
    origin text not null default 'up', applied_at timestamptz not null default clock_timestamp(), duration_ms bigint not null default 0,
    applied_by text not null default session_user, release text, pod text, lotse text);
    comment on table lotse_history is 'Lotse history, format 1'`)
  const holder = await database.connect()
  await holder.query(`begin; insert into lotse_history (name, checksum) values ('00300_x', '')`)
  const run = start(['up', '--adopt', 'goose'], env)
  await expect
    .poll(
      () => query(`select 1 from pg_stat_activity where wait_event = 'transactionid' and datname = current_database()`),
      { timeout: 20_000 },
    )
    .toHaveLength(1)
  run.kill('SIGKILL')
  await run.ended
  await expect
    .poll(
      () =>
        query(`select 1 from pg_stat_activity where application_name like 'lotse%' and datname = current_database()`),
      { timeout: 20_000 },
    )
    .toEqual([])
  expect(await query('select name from lotse_history')).toEqual([])
  await holder.query('rollback')
  const next = await lotse(['up', '--adopt', 'goose'], env)
  expect(next.code, next.output).toBe(0)
  expect(await query('select distinct origin, count(*)::int as n from lotse_history group by 1')).toEqual([
    { origin: 'goose', n: 300 },
  ])
})

test.each([
  [
    'adopt --from oracle',
    ['adopt', '--from', 'oracle'],
    '--from: "oracle" is not a tool whose history can be taken over',
  ],
  ['up --adopt x', ['up', '--adopt', 'x'], '--adopt: "x" is not a tool'],
])('lotse %s is a mistake', async (_, args, message) => {
  const run = await lotse(args, { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(message)
})

test('what lotse down has reverted is still applied by the table of the tool, so it runs again only on demand', async () => {
  const { env, query } = await migrated(goose)
  expect((await lotse(['adopt', '--from', 'goose'], env)).code).toBe(0)
  const down = await lotse(['down', '--to', '00001_first'], env)
  expect(down.code, down.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 1 }])
  const refused = await lotse(['up'], env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain('if lotse down has reverted it since, --allow other-history')
  const up = await lotse(['up', '--allow', 'other-history'], env)
  expect(up.code, up.output).toBe(0)
  expect(await query('select n from n')).toEqual([{ n: 10 }])
})
