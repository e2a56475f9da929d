import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure } from '../failure.ts'
import { checksum, normalise } from './checksum.ts'
import type { Migration } from './migration.ts'
import { compareNames } from './order.ts'

/** Files people keep beside migrations. Dot files are skipped too: a mounted ConfigMap is made of them. */
const skipped = /^(\..*|README.*|LICENSE.*|.*\.md)$/i

/**
 * Reads every migration of a folder, ordered by name, without touching the database.
 * Throws ConfigInvalid that lists everything wrong with the folder: missing, empty, two files of one name, a file that is
 * not UTF-8, a file that is no migration.
 */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const problems: string[] = []
  const migrations: Migration[] = []
  for (const file of await listFolder(folder)) {
    if (!file.endsWith('.sql')) problems.push(`${file}: is not a migration; a migration is a file NAME.sql`)
    else if (!file.endsWith('.down.sql')) {
      const text = await readText(folder, file, problems)
      migrations.push({ name: file.replace(/(\.up)?\.sql$/, ''), file, sql: text, checksum: checksum(text) })
    }
  }
  migrations.sort((a, b) => compareNames(a.name, b.name))
  migrations.forEach((migration, index) => {
    const other = migrations[index - 1]
    if (other?.name === migration.name) {
      problems.push(
        `${other.file} and ${migration.file}: are both the migration ${migration.name}; rename or delete one`,
      )
    }
  })
  if (problems.length > 0) throw folderInvalid(folder, problems)
  if (migrations.length === 0) throw empty(folder)
  return migrations
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !skipped.test(name)).sort()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`
    throw new Failure('ConfigInvalid', {
      summary: `the migrations folder ${resolve(folder)} ${what}`,
      state: ['Nothing was done; the database was not touched.'],
      remedy:
        'copy the migrations there (in the image: COPY migrations /migrations), or name another folder with LOTSE_MIGRATIONS or --migrations',
      cause: error,
    })
  }
}

async function readText(folder: string, file: string, problems: string[]): Promise<string> {
  try {
    return decode(await readFile(join(folder, file)), file, problems)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    problems.push(`${file}: ${code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`}`)
    return ''
  }
}

function decode(bytes: Buffer, file: string, problems: string[]): string {
  try {
    const text = normalise(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    const nul = text.indexOf('\0')
    if (nul >= 0)
      problems.push(
        `${file}, line ${lineOf(bytes, nul)}: holds a NUL byte, which PostgreSQL refuses; save it as UTF-8 text`,
      )
    else if (text.trim() === '') problems.push(`${file}: is empty; write the SQL or delete the file`)
    return text
  } catch {
    const at = firstInvalidByte(bytes)
    const byte = `byte 0x${bytes[at]?.toString(16)} at offset ${at}`
    problems.push(`${file}, line ${lineOf(bytes, at)}: is not UTF-8 (${byte}); save it as UTF-8`)
    return ''
  }
}

/** Offset of the first byte that UTF-8 cannot decode: where decoding puts a replacement character that the file does not hold. */
function firstInvalidByte(bytes: Buffer): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at))
    if (bytes.subarray(offset, offset + 3).toString('hex') !== 'efbfbd') return offset
  }
  return bytes.length
}

function lineOf(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString('latin1').split('\n').length
}

function empty(folder: string): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(folder)} holds no migrations`,
    state: ['Nothing was done; the database was not touched.'],
    remedy:
      'copy the migrations there (in the image: COPY migrations /migrations), or name another folder with LOTSE_MIGRATIONS or --migrations',
  })
}

function folderInvalid(folder: string, problems: readonly string[]): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(folder)} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    details: problems.map((problem) => `- ${problem}`),
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'correct the files named above and build the image again',
  })
}
