import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { reasonOf } from '../config/regular-file.ts'
import { Failure } from '../failure.ts'
import { listFolder, sealName } from '../folder/files.ts'
import { formatOf, readMigrations } from '../folder/read.ts'
import { type Files, openSeal, readSeal, writeSeal } from '../folder/seal.ts'
import { digestOf } from '../migration/checksum.ts'

type Folder = Pick<Config, 'migrations' | 'format'>

/**
 * Makes one file of a folder's files, and removes them; scripts stay, and with them whatever they may read. What has changed beside an
 * earlier seal is taken in. Returns what was done, for people. Throws ConfigInvalid when the folder cannot be read as migrations, or written.
 */
export async function seal(config: Folder): Promise<string> {
  const folder = config.migrations
  if (filesOf(folder).includes(sealName)) {
    if (isUpToDate(folder)) return `${join(folder, sealName)} is up to date`
    writing(folder, () => bringBack(folder, readSeal(folder).files()))
  }
  const migrations = await readMigrations(config)
  const format = await formatOf(config)
  const files = filesOf(folder)
  const hasScripts = files.some((file) => script.test(file))
  const [packed, kept]: [Map<string, Buffer>, Record<string, string>] = [new Map(), {}]
  for (const file of files) {
    const bytes = readFileSync(join(folder, file))
    if (script.test(file) || (hasScripts && !file.endsWith('.sql'))) kept[file] = hash('sha256', bytes)
    else packed.set(file, bytes)
  }
  const bytes = writeSeal(packed, { format, amount: migrations.length, digest: digestOf(migrations), kept })
  writing(folder, () => {
    const unfinished = join(folder, `.${sealName}`)
    writeFileSync(unfinished, bytes)
    renameSync(unfinished, join(folder, sealName))
    for (const file of packed.keys()) remove(folder, file)
  })
  const staying = Object.keys(kept).length
  return `${join(folder, sealName)} holds ${counted(packed.size)} now${staying > 0 ? `; ${counted(staying)} stay, for the scripts among them` : ''}`
}

function filesOf(folder: string): string[] {
  return listFolder(folder).filter((file) => !file.endsWith('/'))
}

function counted(files: number): string {
  return `${files} file${files === 1 ? '' : 's'}`
}

/** Whether nothing lies beside the seal but what it keeps there. */
function isUpToDate(folder: string): boolean {
  const files = filesOf(folder)
  try {
    const { kept } = openSeal(folder, files).head
    return files.every((file) => file === sealName || Object.hasOwn(kept, file))
  } catch {
    return false
  }
}

/** What lies there by now is newer. */
function bringBack(folder: string, files: Files): void {
  for (const [file, bytes] of files) {
    if (existsSync(join(folder, file))) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), bytes)
  }
  rmSync(join(folder, sealName))
}

const script = /\.(?:ts|js|mjs|cjs)$/

/** Brings the files of a sealed folder back, as they were. Throws ConfigInvalid when there is no seal. */
export function unseal({ migrations: folder }: Folder): string {
  const listed = listFolder(folder)
  if (!listed.includes(sealName))
    throw new Failure('ConfigInvalid', {
      summary: `the migrations folder ${folder} is not sealed`,
      state: ['Nothing was done.'],
      remedy: 'name another folder with --migrations',
    })
  const files = openSeal(folder, listed).files()
  writing(folder, () => bringBack(folder, files))
  return `${folder} has its ${counted(files.size)} back`
}

/** A folder that is empty then goes as well. */
function remove(folder: string, file: string): void {
  rmSync(join(folder, file))
  if (!file.includes('/')) return
  try {
    rmdirSync(join(folder, dirname(file)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}

function writing(folder: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new Failure('ConfigInvalid', {
      summary: `cannot write to the migrations folder ${folder}: ${reasonOf(error)}`,
      remedy: `run it as the owner of the folder (in a Dockerfile: COPY --chown=65532:65532 migrations ${folder})`,
      cause: error,
    })
  }
}
