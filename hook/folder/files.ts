import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import { kindOf } from '../config/regular-file.ts'
import { Failure } from '../failure.ts'
import { checksum, digestOf, normalise } from '../migration/checksum.ts'
import { ending } from '../migration/name.ts'

/** Files that people, and the compiler, keep beside migrations. Dot files are skipped too: a mounted ConfigMap is made of them. */
const skipped =
  /^(\..*|README.*|LICENSE.*|.*\.md|package(-lock)?\.json|tsconfig\.json|node_modules|.*\.d\.[cm]?ts|.*\.[cm]?js\.map)$/i

/** The file that a sealed folder consists of, see seal.ts. A Lotse that does not know it refuses the folder. */
export const sealName = 'lotse.seal'

/** What no name has in a folder of nothing but migrations: one look at all names, each a line, spares thousands at each. */
const skippedLine = new RegExp(skipped.source, 'im')
const otherLine = new RegExp(`^(?!.*${ending.source})`, 'm')

/** The names in a folder, and in its folders; an empty one is `NAME/`. Throws ConfigInvalid when it cannot be listed. */
export function listFolder(folder: string): string[] {
  try {
    const names = readdirSync(folder)
    const lines = names.join('\n')
    if (!skippedLine.test(lines) && !otherLine.test(lines)) return names
    return names
      .filter((name) => !skipped.test(name))
      .flatMap((name) => (ending.test(name) ? name : withFiles(folder, name)))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`
    throw unusable(folder, what, error)
  }
}

const copyThere =
  'copy the migrations there (in the image: COPY migrations /migrations), or name another folder with LOTSE_MIGRATIONS or --migrations'

/** ConfigInvalid for a folder without migrations to read. */
export function unusable(folder: string, what: string, cause?: unknown): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(folder)} ${what}`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: copyThere,
    cause,
  })
}

/** What a name without the ending of a migration stands for: itself, or the files of a folder. */
function withFiles(folder: string, name: string): string | string[] {
  const stats = statSync(`${folder}${sep}${name}`, { throwIfNoEntry: false })
  if (!stats?.isDirectory()) return name
  const files = readdirSync(`${folder}${sep}${name}`).filter((each) => !skipped.test(each))
  return files.length > 0 ? files.map((each) => `${name}/${each}`) : `${name}/`
}

/** Bytes of one migration. A run takes about four times that in memory, where the chart gives 512 MiB. */
const largest = 100 * 1024 * 1024

/** Room for most files whole. What is larger, or empty, is asked what it is: of thousands, that takes as long as reading them. */
const first = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * The text of a file, normalised; empty, with a problem added, where there is none to be read: it is no regular file, too large, or not
 * UTF-8. Waits for nobody: a FIFO and a socket are not read.
 */
export function readFile(path: string, file: string, problems: string[]): string {
  try {
    return withBeginning(path, (length, opened) =>
      // Of a file, less than was asked for is all there is (read(2)).
      length > 0 && length < first.length
        ? textOf(first, length, file, problems)
        : readWhole(opened, length, path, file, problems),
    )
  } catch (error) {
    const stats = statSync(path, { throwIfNoEntry: false })
    const kind = stats && kindOf(stats)
    problems.push(`${file}: ${kind ? isNoFile(kind) : `cannot be read (${(error as NodeJS.ErrnoException).code})`}`)
    return ''
  }
}

/** Reads what fits into `first`, of which `use` gets the length, beside the open file. */
function withBeginning<T>(path: string, use: (length: number, opened: number, path: string) => T): T {
  // Without waiting for somebody who writes into a FIFO (open(2)). A FIFO and a socket cannot be read at a given place (pread(2)).
  const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return use(readSync(opened, first, 0, first.length, 0), opened, path)
  } finally {
    closeSync(opened)
  }
}

/** Files that are read in about a millisecond. */
export const sliceOfFiles = 100

/**
 * What files named `NAME.sql` come to as migrations, see digestOf(), by their bytes alone: with nothing pending, nobody needs their texts. To
 * something else where a text would be normalised. Undefined where something may have to be said of a file.
 */
export async function digestOfBytes(folder: string, files: readonly string[]): Promise<string | undefined> {
  const root = resolve(folder)
  const all: { name: string; checksum: string }[] = []
  for (const file of files) {
    const sum = checksumOfBytes(`${root}${sep}${file}`)
    if (sum === undefined) return undefined
    all.push({ name: file.slice(0, -'.sql'.length), checksum: sum })
    if (all.length % sliceOfFiles === 0) await immediate()
  }
  return digestOf(all)
}

function checksumOfBytes(path: string): string | undefined {
  try {
    return withBeginning(path, checksumFrom)
  } catch {
    return undefined
  }
}

function checksumFrom(length: number, opened: number, path: string): string | undefined {
  if (length < first.length) return length > 0 ? checksum(first.subarray(0, length)) : undefined
  const stats = fstatSync(opened)
  return kindOf(stats) || stats.size > largest ? undefined : checksum(readFileSync(path))
}

/** The text of what does not fit in one read, or gave nothing, by what it is. */
function readWhole(opened: number, length: number, path: string, file: string, problems: string[]): string {
  const stats = fstatSync(opened)
  const kind = kindOf(stats)
  if (kind) problems.push(`${file}: ${isNoFile(kind)}`)
  else if (stats.size > largest)
    problems.push(
      `${file}: has ${Math.ceil(stats.size / 1024 / 1024)} MiB, more than the ${largest / 1024 / 1024} MiB that one migration may have; split it, or load its data outside of migrations`,
    )
  else if (length > 0) {
    const bytes = readFileSync(path)
    return textOf(bytes, bytes.length, file, problems)
  }
  return ''
}

function isNoFile(kind: string): string {
  return `is ${kind}, not a file`
}

/** Node decodes quickest, and puts U+FFFD where it could not. */
export function textOf(bytes: Buffer, length: number, file: string, problems: string[]): string {
  const text = bytes.toString('utf8', 0, length)
  return text.includes('\uFFFD') || text.includes('\0')
    ? decodeText(bytes.subarray(0, length), file, problems)
    : normalise(text)
}

/** Decodes the bytes of a file, normalised. Adds to `problems`, with the place, when they are not UTF-8 or hold a NUL byte. */
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
