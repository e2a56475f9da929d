import { readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { kindOf } from '../config/regular-file.ts'
import { Failure } from '../failure.ts'
import { checksum, normalise } from '../migration/checksum.ts'
import type { Migration } from '../migration/migration.ts'
import { ending, nameOf, orderOf } from '../migration/name.ts'
import { isReversal, partsOf, revertedBy } from './directions.ts'

/** Files that people, and the compiler, keep beside migrations. Dot files are skipped too: a mounted ConfigMap is made of them. */
const skipped =
  /^(\..*|README.*|LICENSE.*|.*\.md|package(-lock)?\.json|tsconfig\.json|node_modules|.*\.d\.[cm]?ts|.*\.[cm]?js\.map)$/i

const scriptDown = /\.(down|undo|revert|rollback)\.(ts|js|mjs|cjs)$/

const copyThere =
  'copy the migrations there (in the image: COPY migrations /migrations), or name another folder with LOTSE_MIGRATIONS or --migrations'

/**
 * Reads every migration of a folder, in the order of applying, without touching the database. Lets other work, such as making a
 * connection, go on meanwhile. `env` fills in what files take from the environment; without it their text is only to be looked at.
 * Throws ConfigInvalid that lists everything wrong with the folder: missing, empty, two files of one name, a file that is
 * not UTF-8 or no regular file, a file that is no migration, a down file without its migration, an unknown directive.
 */
export async function readMigrations(
  { migrations: folder }: Pick<Config, 'migrations' | 'format'>,
  _env?: Env,
): Promise<Migration[]> {
  const reading = readBySlices(folder)
  for (;;) {
    await immediate()
    const slice = reading.next()
    if (slice.done) return slice.value
  }
}

/** Files that are read in about a millisecond. */
const sliceOfFiles = 100

function* readBySlices(folder: string): Generator<void, Migration[]> {
  const problems: string[] = []
  const files = listFolder(folder).filter((file) => {
    if (scriptDown.test(file)) {
      problems.push(`${file}: a script is reverted by the function down that it exports, not by a file of its own`)
      return false
    }
    if (ending.test(file)) return true
    problems.push(`${file}: is not a migration; a migration is a file NAME.sql, NAME.ts or NAME.js`)
    return false
  })
  const downs = pairReversals(files, problems)
  const root = resolve(folder)
  const pathOf = (file: string): string => `${root}${sep}${file}`
  const read = (file: string): string => readFile(pathOf(file), file, problems)

  const migrations: Migration[] = []
  for (const file of files) {
    if (isReversal(file)) continue
    const name = nameOf(file)
    const kind = file.endsWith('.sql') ? 'sql' : 'script'
    const whole = read(file)
    if (kind === 'script' && whole.trim() === '') problems.push(`${file}: is empty; export a function up from it`)
    const downFile = downs.get(name)
    downs.delete(name)
    const parts = partsOf(whole, kind, file, downFile, read, problems)
    migrations.push({ name, file, path: pathOf(file), kind, checksum: checksum(whole), ...parts })
    if (migrations.length % sliceOfFiles === 0) yield
  }
  const order = orderOf(migrations.map(({ name }) => name))
  migrations.sort((a, b) => order(a.name, b.name) || order(a.file, b.file))
  for (const [index, { name, file }] of migrations.entries()) {
    const other = migrations[index + 1]
    if (other?.name === name)
      problems.push(`${file} and ${other.file}: are both the migration ${name}; rename or delete one`)
  }
  if (problems.length > 0) {
    throw new Failure('ConfigInvalid', {
      summary: `the migrations folder ${resolve(folder)} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
      details: problems.sort().map((problem) => `- ${problem}`),
      state: ['Nothing was done; the database was not touched.'],
      remedy: 'correct the files named above and build the image again',
    })
  }
  if (migrations.length === 0) throw unusable(folder, 'holds no migrations')
  return migrations
}

/** The files that revert, by the name of the migration that each belongs to. */
function pairReversals(files: readonly string[], problems: string[]): Map<string, string> {
  const reversals = files.filter(isReversal)
  const names = new Set(files.filter((file) => !isReversal(file)).map(nameOf))
  const downs = new Map<string, string>()
  for (const file of reversals) {
    const name = revertedBy(file, names)
    const other = name && downs.get(name)
    if (other) problems.push(`${other} and ${file}: both revert ${name}; keep one`)
    else if (name) downs.set(name, file)
    else if (file.endsWith('.down.sql'))
      problems.push(`${file}: reverts nothing; there is no migration ${file.replace(/\.down\.sql$/, '')}.sql`)
    else
      problems.push(
        `${file}: by its name it reverts a migration, but none has that name; name it NAME.down.sql after its migration NAME.sql, or rename it if it is to be applied`,
      )
  }
  return downs
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !skipped.test(name))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`
    throw unusable(folder, what, error)
  }
}

/** Bytes of one migration. A run takes about four times that in memory, where the chart gives 512 MiB. */
const largest = 100 * 1024 * 1024

function readFile(path: string, file: string, problems: string[]): string {
  try {
    // Asked first: opening a FIFO waits for whoever writes into it, and a device may never end.
    const stats = statSync(path)
    const kind = kindOf(stats)
    if (kind) problems.push(`${file}: is ${kind}, not a file`)
    else if (stats.size > largest)
      problems.push(
        `${file}: has ${Math.ceil(stats.size / 1024 / 1024)} MiB, more than the ${largest / 1024 / 1024} MiB that one migration may have; split it, or load its data outside of migrations`,
      )
    else return readText(path, file, problems)
    return ''
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    problems.push(`${file}: cannot be read (${code})`)
    return ''
  }
}

function unusable(folder: string, what: string, cause?: unknown): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(folder)} ${what}`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: copyThere,
    cause,
  })
}

/**
 * Reads a file as normalised text. Adds to `problems` when it is not UTF-8 or holds a NUL byte.
 * Node decodes while it reads, which is quickest for thousands of files; it puts U+FFFD where it could not.
 */
function readText(path: string, file: string, problems: string[]): string {
  const text = readFileSync(path, 'utf8')
  return text.includes('\uFFFD') || text.includes('\0')
    ? decodeText(readFileSync(path), file, problems)
    : normalise(text)
}

function decodeText(bytes: Buffer, file: string, problems: string[]): string {
  try {
    const text = normalise(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    const nul = bytes.indexOf(0)
    if (nul >= 0) {
      problems.push(
        `${file}, line ${lineOf(bytes, nul)}: holds a NUL byte, which PostgreSQL refuses; save it as UTF-8 text`,
      )
    }
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
  let [offset, counted] = [0, 0]
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    offset += Buffer.byteLength(text.slice(counted, at))
    counted = at
    if (bytes.subarray(offset, offset + 3).toString('hex') !== 'efbfbd') return offset
  }
  return bytes.length
}

function lineOf(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString('latin1').split('\n').length
}
