import { expect, test } from 'vitest'
import { filesOf } from '../../hook/command/new-files.ts'
import { type FormatName, formats } from '../../hook/config/config.ts'
import { formatOf, readMigrations } from '../../hook/folder/read.ts'
import { folderOf, toolFiles } from '../support/tool-folders.ts'

const now = new Date('2026-07-08T09:10:11.123Z')
const made = (format: FormatName, present: readonly string[], down = false, typescript = false): string[] =>
  filesOf(format, present, { title: 'Add price', slug: 'add_price', down, typescript, now }).map(({ file }) => file)

test.each<[FormatName, string[], string[]]>([
  ['lotse', ['009_a.sql'], ['010_add_price.sql']],
  ['lotse', [], ['20260708091011_add_price.sql']],
  [
    'golang-migrate',
    ['000009_a.up.sql', '000009_a.down.sql'],
    ['000010_add_price.up.sql', '000010_add_price.down.sql'],
  ],
  ['sqlx', ['20260101000000_a.sql'], ['20260708091011_add_price.sql']],
  ['sqlx', ['1_a.up.sql', '1_a.down.sql'], ['2_add_price.up.sql', '2_add_price.down.sql']],
  ['diesel', ['2026-01-01-000000_a'], ['2026-07-08-091011_add_price/up.sql', '2026-07-08-091011_add_price/down.sql']],
  ['prisma', ['20260101000000_a', 'migration_lock.toml'], ['20260708091011_add_price/migration.sql']],
  ['goose', ['00009_a.sql'], ['00010_add_price.sql']],
  ['dbmate', ['20260101000000_a.sql'], ['20260708091011_add_price.sql']],
  ['node-pg-migrate', ['1767225601000_a.sql'], ['1783501811123_add_price.sql']],
  ['node-pg-migrate', ['20260101000000000_a.sql'], ['20260708091011_add_price.sql']],
  ['flyway', ['V1_2__a.sql', 'V1_10__b.sql', 'R__c.sql'], ['V1_11__add_price.sql']],
  ['flyway', ['V007__a.sql'], ['V008__add_price.sql']],
  ['flyway', [], ['V20260708091011__add_price.sql']],
  ['postgrator', ['009.do.a.sql'], ['010.do.add_price.sql']],
  ['umzug', ['001.js'], ['002_add_price.sql']],
  ['knex', ['20260101000000_a.js'], ['20260708091011_add_price.js']],
  ['kysely', ['20260101000000_a.ts'], ['20260708091011_add_price.ts']],
])('a new migration of %s beside %j is %j', (format, present, files) => {
  expect(made(format, present)).toEqual(files)
})

test('what reverts it has a file of its own where the tool has such', () => {
  expect(made('lotse', ['1_a.sql'], true)).toEqual(['2_add_price.sql', '2_add_price.down.sql'])
  expect(made('flyway', ['V1__a.sql'], true)).toEqual(['V2__add_price.sql', 'U2__add_price.sql'])
  expect(made('postgrator', ['1.do.a.sql'], true)).toEqual(['2.do.add_price.sql', '2.undo.add_price.sql'])
  expect(made('sqlx', ['1_a.sql'], true)).toEqual(['2_add_price.up.sql', '2_add_price.down.sql'])
})

test('scripts are TypeScript on demand', () => {
  expect(made('knex', [], false, true)).toEqual(['20260708091011_add_price.ts'])
  expect(made('lotse', [], true, true)).toEqual(['20260708091011_add_price.ts'])
})

test('Drizzle’s journal and snapshots are drizzle-kit’s', () => {
  expect(() => made('drizzle', [])).toThrow('which only drizzle-kit can write')
})

test.each(formats.filter((format) => format !== 'drizzle'))(
  'a folder of %s is the same tool’s with the new migration, which comes last and is empty',
  async (format) => {
    const present = toolFiles(format)
    const names = [...new Set(Object.keys(present).map((file) => file.replace(/\/.*/, '')))]
    const files = filesOf(format, names, {
      title: 'Last',
      slug: 'last',
      down: true,
      typescript: false,
      now: new Date('2027-01-01'),
    })
    const added = Object.fromEntries(files.map(({ file, text }) => [file, text]))
    const migrations = folderOf({ ...present, ...added })
    const before = await formatOf({ migrations: folderOf(present), format: 'auto' })
    expect(await formatOf({ migrations, format: 'auto' })).toBe(before)
    const read = await readMigrations({ migrations, format: 'auto' })
    expect(read).toHaveLength(13)
    expect(read.at(-1)?.name).toMatch(/last$/)
  },
)
