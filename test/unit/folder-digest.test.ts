import { mkdtempSync, writeFileSync } from 'node:fs'
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
