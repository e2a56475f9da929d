import { hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import type { FormatName } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { version } from '../version.ts'
import { sealName } from './files.ts'

/**
 * A sealed folder: its files as one, which people can read, and what they come to. The files themselves are gone, so that whatever lies
 * beside the seal has come since; what has to stay, since scripts run from their files, is compared each time.
 */

/** The second line of a seal, as JSON; the first one says its format and the checksum of the second. */
export type Head = {
  /** The Lotse that made it: to another one, the same files may come to something else. */
  readonly version: string
  readonly format: FormatName
  readonly amount: number
  /** digestOf() of the migrations. */
  readonly digest: string
  /** Bytes of what follows the head, and its checksum. */
  readonly size: number
  readonly checksum: string
  /** The checksums of the files that stay. */
  readonly kept: Readonly<Record<string, string>>
}

export type Files = ReadonlyMap<string, Buffer>

export type Seal = {
  readonly head: Head
  /** The files that it holds, by name. Throws ConfigInvalid when they are not what was sealed. */
  readonly files: () => Files
}

const first = 'Lotse seal, format 1, '

/** The bytes of a seal of these files. */
export function writeSeal(files: Files, about: Omit<Head, 'version' | 'size' | 'checksum'>): Buffer {
  const parts = [...files].flatMap(([name, bytes]) => [
    Buffer.from(`-- ${JSON.stringify(name)}, ${bytes.length} bytes:\n`),
    bytes,
    Buffer.from('\n'),
  ])
  const body = Buffer.concat(parts)
  const head: Head = { version, ...about, size: body.length, checksum: hash('sha256', body) }
  const line = JSON.stringify(head)
  return Buffer.concat([Buffer.from(`${first}sha256:${hash('sha256', line)}\n${line}\n`), body])
}

/** What most heads fit in. */
const beginning = 16 * 1024

/** Reads the seal of a folder. Throws ConfigInvalid when it was changed after it was made. */
export function readSeal(folder: string): Seal {
  const path = `${resolve(folder)}${sep}${sealName}`
  const { head, start } = readHead(folder, path)
  let files: Files | undefined
  return {
    head,
    files: () => {
      files ??= readBody(folder, readFileSync(path), head, start)
      return files
    },
  }
}

/** Reads the seal of a folder in which these files lie. Throws ConfigInvalid as well when the folder is no longer what was sealed. */
export function openSeal(folder: string, beside: readonly string[]): Seal {
  const seal = readSeal(folder)
  const problems = differences(seal, folder, beside)
  if (problems.length === 0) return seal
  throw new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(folder)} is no longer what was sealed`,
    details: problems.map((problem) => `- ${problem}`),
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'if that is meant, run lotse seal after the last change (in a Dockerfile: after the last COPY)',
  })
}

/** What was edited, added or removed since a folder was sealed, in lines for people. */
function differences({ head, files }: Seal, folder: string, beside: readonly string[]): string[] {
  const present = new Set(beside)
  const added = beside.flatMap((file) => {
    if (file === sealName || Object.hasOwn(head.kept, file)) return []
    const sealed = files().get(file)
    if (!sealed) return [`${file}: was added after the folder was sealed`]
    return sealed.equals(bytesOf(folder, file))
      ? []
      : [`${file}: was put there after the folder was sealed, and edited`]
  })
  const kept = Object.entries(head.kept).flatMap(([file, checksum]) => {
    if (!present.has(file)) return [`${file}: was removed after the folder was sealed`]
    return hash('sha256', bytesOf(folder, file)) === checksum ? [] : [`${file}: was edited after the folder was sealed`]
  })
  return [...added, ...kept]
}

function bytesOf(folder: string, file: string): Buffer {
  const path = `${resolve(folder)}${sep}${file}`
  // Something else than a file is not what was sealed.
  return statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0)
}

function readHead(folder: string, path: string): { readonly head: Head; readonly start: number } {
  const opened = openSync(path, 'r')
  try {
    const { size } = fstatSync(opened)
    const buffer = Buffer.alloc(Math.min(size, beginning))
    readSync(opened, buffer, 0, buffer.length, 0)
    const found = headOf(buffer) ?? headOf(readFileSync(path))
    if (!found || found.start + found.head.size !== size) throw changed(folder)
    return found
  } finally {
    closeSync(opened)
  }
}

function headOf(bytes: Buffer): { readonly head: Head; readonly start: number } | undefined {
  const [end, next] = [bytes.indexOf('\n'), bytes.indexOf('\n', bytes.indexOf('\n') + 1)]
  const line = bytes.toString('utf8', end + 1, next)
  const isWhole =
    end >= 0 && next > end && bytes.toString('latin1', 0, end) === `${first}sha256:${hash('sha256', line)}`
  return isWhole ? { head: JSON.parse(line), start: next + 1 } : undefined
}

function readBody(folder: string, bytes: Buffer, head: Head, start: number): Files {
  const files = new Map<string, Buffer>()
  if (hash('sha256', bytes.subarray(start)) !== head.checksum) throw changed(folder)
  for (let at = start; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at)
    const [, name = '""', length] = /^-- (".*"), (\d+) bytes:$/.exec(bytes.toString('utf8', at, end)) ?? []
    if (length === undefined) throw changed(folder)
    at = end + 1 + Number(length)
    files.set(JSON.parse(name), bytes.subarray(end + 1, at))
    at++
  }
  return files
}

/** What the migrations come to in this format, as a person set it; undefined where that is to be found out anew. */
export function digestFor({ head }: Seal, format: FormatName | 'auto'): string | undefined {
  return head.version === version && (format === 'auto' || format === head.format) ? head.digest : undefined
}

function changed(folder: string): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the seal of the migrations folder ${resolve(folder)}, ${sealName}, was changed or cut off after it was made`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'build the image again from the files that were sealed',
  })
}
