import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formats } from '../../hook/config/config.ts'
import { freshDatabase } from '../support/database.ts'
import { filesRun } from '../support/files-run.ts'
import { lotse, migrationsFolder, temporaryFolder } from '../support/lotse.ts'
import { folderOf, prisma } from '../support/other-tools.ts'
import { toolFiles } from '../support/tool-folders.ts'

const files = {
  '001_a.sql': 'create table a (n int);\r\n',
  '001_a.down.sql': 'drop table a;',
  '002_b.sql': '-- lotse: no-transaction\ncreate index concurrently i on a (n);',
  'README.md': 'Read me.',
}

/** A folder with these files, as `lotse seal` leaves it. */
async function sealed(more: Record<string, string> = {}): Promise<string> {
  const folder = folderOf({ ...files, ...more })
  const run = await lotse(['seal', '--migrations', folder])
  expect(run.code, run.output).toBe(0)
  return folder
}

test('a sealed folder migrates, waits, reverts and tells like the folder that it was', async () => {
  const { url, query } = await freshDatabase()
  const folder = await sealed()
  expect(readdirSync(folder).sort()).toEqual(['README.md', 'lotse.seal'])
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const first = await lotse(['up'], env)
  expect(first.code, first.output).toBe(0)
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 2 migrations are applied')
  expect((await lotse(['wait', '--timeout', '5s'], env)).code).toBe(0)
  // Nothing of a migration is read for that.
  for (const verb of ['up', 'wait']) {
    const run = await filesRun([verb, '--timeout', '5s'], env)
    expect(run).toContain('hook/folder/seal.ts')
    expect(run).not.toContain('hook/folder/lotse.ts')
  }
  expect((await lotse(['status'], env)).code).toBe(0)
  expect(await query('select name, down_sql from lotse_history order by position')).toEqual([
    { name: '001_a', down_sql: 'drop table a;' },
    { name: '002_b', down_sql: null },
  ])

  // The same database, by the files themselves.
  const back = await lotse(['seal', '--undo', '--migrations', folder])
  expect(back).toMatchObject({ code: 0, output: `${folder} has its 3 files back\n` })
  for (const [file, text] of Object.entries(files)) expect(readFileSync(join(folder, file), 'utf8')).toBe(text)
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 2 migrations are applied')
  expect((await lotse(['seal', '--undo', '--migrations', folder])).output).toContain('is not sealed')
})

test.each(formats)('a folder of %s is planned alike when it is sealed', async (format) => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(toolFiles(format)) }
  const before = await lotse(['plan', '--json'], env)
  expect((await lotse(['seal'], env)).code).toBe(0)
  expect(readdirSync(env.LOTSE_MIGRATIONS)).toContain('lotse.seal')
  const after = await lotse(['plan', '--json'], env)
  expect(before.code, before.output).toBe(0)
  expect(after).toEqual(before)
})

const script = `export const up = ({ context }) => context.query('create table s ()')\n`
const seal = 'lotse.seal'
const edit = (file: string) => (folder: string) => appendFileSync(join(folder, file), '\nselect 1;')
const change = (from: string, to: string) => (folder: string) => {
  const text = readFileSync(join(folder, seal), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(folder, seal), text.replace(from, to))
}

/** What may happen to a sealed folder, and what a run then says. */
const changes: readonly (readonly [meddle: (folder: string) => void, said: string])[] = [
  [
    (folder) => writeFileSync(join(folder, '001_a.sql'), 'select 1;'),
    '001_a.sql: was put there after the folder was sealed, and edited',
  ],
  [edit('003_c.sql'), '003_c.sql: was added after the folder was sealed'],
  [edit('003_c.ts'), '003_c.ts: was added after the folder was sealed'],
  [edit('009_s.js'), '009_s.js: was edited after the folder was sealed'],
  [(folder) => rmSync(join(folder, '009_s.js')), '009_s.js: was removed after the folder was sealed'],
  [(folder) => rmSync(join(folder, seal)), '001_a was applied but its file is missing'],
  [change('"amount":3', '"amount":4'), 'lotse.seal, was changed'],
  [(folder) => truncateSync(join(folder, seal), 600), 'lotse.seal, was changed'],
  [(folder) => truncateSync(join(folder, seal)), 'lotse.seal, was changed'],
]

test('what was edited, added or removed after sealing is never passed over', async () => {
  const { url } = await freshDatabase()
  const folder = await sealed({ '009_s.js': script })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.output).toContain('Applied 3 migrations')
  await Promise.all(
    changes.map(async ([meddle, said]) => {
      const copy = join(temporaryFolder(), 'migrations')
      cpSync(folder, copy, { recursive: true })
      meddle(copy)
      const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: copy })
      expect(run.output).toContain(said)
      expect(run.code, run.output).toBe(said.includes('missing') ? 23 : 20)
    }),
  )
})

test('nothing runs of a text that was changed in the seal', async () => {
  const { url, query } = await freshDatabase()
  const folder = await sealed()
  change('create table a (n int)', 'create table b (n int)')(folder)
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain('lotse.seal, was changed or cut off after it was made')
  expect(await query(`select from pg_tables where schemaname = 'public'`)).toEqual([])
})

test('sealing again takes in what has changed beside the seal, and what was copied there unchanged does no harm', async () => {
  const { url } = await freshDatabase()
  const folder = await sealed()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  expect((await lotse(['seal'], env)).output).toContain('is up to date')
  writeFileSync(join(folder, '001_a.sql'), files['001_a.sql'])
  expect((await lotse(['up'], env)).output).toContain('Applied 2 migrations')
  writeFileSync(join(folder, '003_c.sql'), 'create table c ();')
  const again = await lotse(['seal'], env)
  expect(again.output).toContain('holds 4 files now')
  expect(readdirSync(folder).sort()).toEqual(['README.md', seal])
  expect((await lotse(['up'], env)).output).toContain('Applied 1 migration ')
})

test('lotse new writes nothing into a sealed folder, and a folder with a problem is not sealed', async () => {
  const folder = await sealed()
  const made = await lotse(['new', 'c', '--migrations', folder])
  expect(made.code).toBe(20)
  expect(made.output).toContain('is sealed')
  expect(readdirSync(folder).sort()).toEqual(['README.md', seal])
  const broken = migrationsFolder({ '001_a.sql': '-- lotse: brekaing\nselect 1;' })
  const run = await lotse(['seal', '--migrations', broken])
  expect(run.code).toBe(20)
  expect(run.output).toContain('is not a Lotse directive')
  expect(readdirSync(broken)).toEqual(['001_a.sql'])
})

test('a history is taken over by the checksums of sealed files', async () => {
  const { url, query } = await freshDatabase()
  const sql = 'create table p (n int);\r\n'
  const checksum = createHash('sha256').update(sql).digest('hex')
  await query(`create table p (n int); ${prisma(`('a', '${checksum}', '20260101000000_p', now(), now(), null)`)}`)
  const folder = folderOf({ '20260101000000_p/migration.sql': sql, 'migration_lock.toml': 'provider = "postgresql"' })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  expect((await lotse(['seal'], env)).code).toBe(0)
  const run = await lotse(['adopt', '--from', 'prisma'], env)
  expect(run.code, run.output).toBe(0)
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 1 migrations are applied')
})
