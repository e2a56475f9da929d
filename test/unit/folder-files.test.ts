import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOfBytes, listFolder } from '../../hook/folder/files.ts'
import { readContents, readMigrations } from '../../hook/folder/read.ts'
import { digestOf } from '../../hook/migration/checksum.ts'

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-digest-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

const source = (migrations: string) => ({ migrations, format: 'auto' as const })
const plain = {
  '001_größe.sql': 'create table größe (id int);\n',
  '010_more.sql': '-- lotse: breaking\nalter table größe add n int;',
  '002_large.sql': `-- ${'x'.repeat(70_000)}\nselect 1;`,
}

test('the bytes of a plain folder come to what its migrations come to', async () => {
  const folder = folderOf(plain)
  const exact = digestOf(await readMigrations(source(folder)))
  expect(await digestOfBytes(folder, listFolder(folder))).toBe(exact)
  const contents = await readContents(source(folder))
  expect(await contents.comesTo(exact)).toBe(true)
  expect(await contents.comesTo('0'.repeat(64))).toBe(false)
})

test.each([
  ['line endings of Windows', 'select 1;\r\nselect 2;\r\n'],
  ['a byte order mark', '\uFEFFselect 1;'],
  ['no content', ''],
])('bytes with %s are not what is recorded, and the folder still comes to its migrations', async (_, text) => {
  const folder = folderOf({ ...plain, '020_other.sql': text })
  const exact = digestOf(await readMigrations(source(folder)))
  expect(await digestOfBytes(folder, listFolder(folder))).not.toBe(exact)
  const contents = await readContents(source(folder))
  expect(await contents.comesTo(exact)).toBe(true)
})

test('a plain folder of another tool comes to its migrations, too', async () => {
  const folder = folderOf({ '001_a.sql': '-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n' })
  const contents = await readContents(source(folder))
  expect(await contents.comesTo(digestOf(await readMigrations(source(folder))))).toBe(true)
})

test('a folder that cannot be used is told without being asked for its migrations', async () => {
  const folder = folderOf({ ...plain, '020_other.sql': '-- lotse: braking\nselect 1;' })
  const contents = await readContents(source(folder))
  await expect(contents.unusable()).rejects.toThrow('has a problem')
  await expect(contents.migrations()).rejects.toThrow('has a problem')
})

test.each([['README.md'], ['.001_a.sql.swp'], ['.002_b.sql'], ['package.json'], ['README.sql'], ['LICENSE']])(
  '%s among plain names is left out',
  (name) => {
    const folder = folderOf({ ...plain, [name]: 'select 1;' })
    expect(listFolder(folder).toSorted()).toEqual(Object.keys(plain).toSorted())
  },
)

test('what has no ending of a migration is kept, to be told, and a folder stands for its files', () => {
  const folder = folderOf({ ...plain, 'notes.txt': 'x' })
  mkdirSync(join(folder, '003_c'))
  writeFileSync(join(folder, '003_c/up.sql'), 'select 1;')
  mkdirSync(join(folder, '004_empty'))
  const names = ['notes.txt', '003_c/up.sql', '004_empty/', ...Object.keys(plain)]
  expect(listFolder(folder).toSorted()).toEqual(names.toSorted())
})
