import { resolve, sep } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Config, FormatName } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { checksum, digestOf } from '../migration/checksum.ts'
import { none } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { ending, orderOfFolder } from '../migration/name.ts'
import { digestOfBytes, listFolder, readFile, sealName, sliceOfFiles, textOf, unusable } from './files.ts'
import {
  broken,
  type Folder,
  type Format,
  fits,
  mayMark,
  oneOf,
  type Parts,
  remembering,
  type Sign,
  signsInNames,
  signsInText,
} from './format.ts'
import { isPlain, format as lotse } from './lotse.ts'

/** Each is loaded when a folder has its format, so that Lotse's own layout costs nothing more. */
const formats: Readonly<Record<Exclude<FormatName, 'lotse'>, () => Promise<{ readonly format: Format }>>> = {
  'golang-migrate': () => import('./golang-migrate.ts'),
  sqlx: () => import('./sqlx.ts'),
  diesel: () => import('./diesel.ts'),
  prisma: () => import('./prisma.ts'),
  drizzle: () => import('./drizzle.ts'),
  goose: () => import('./goose.ts'),
  dbmate: () => import('./dbmate.ts'),
  'node-pg-migrate': () => import('./node-pg-migrate.ts'),
  flyway: () => import('./flyway.ts'),
  postgrator: () => import('./postgrator.ts'),
  umzug: () => import('./umzug.ts'),
  knex: () => import('./knex.ts'),
  kysely: () => import('./kysely.ts'),
}

type Source = Pick<Config, 'migrations' | 'format'>

/** A folder's migrations, for who may need no more than to know that they are applied. */
export type Contents = {
  /** Whether a history that comes to this, see digestOf(), has exactly these migrations. */
  readonly comesTo: (digest: string) => Promise<boolean>
  readonly migrations: () => Promise<readonly Migration[]>
  /** Rejects where the folder cannot be used, and otherwise never settles: so that this is told even while the database does not answer. */
  readonly unusable: () => Promise<never>
}

/** How long it may take to learn that nothing is pending, before the texts are read all the same. Milliseconds. */
const patience = 200

/** Does what readMigrations() does; the texts of a sealed or a plain folder are only read when they are needed. */
export async function readContents(source: Source, env?: Env): Promise<Contents> {
  const files = listFolder(source.migrations)
  let reading: Promise<readonly Migration[]> | undefined
  let [exact, ordered] = [undefined as string | undefined, undefined as readonly Migration[] | undefined]
  const read = (): Promise<readonly Migration[]> => {
    reading ??= readAny(source, files, env)
    return reading
  }
  const quick = await quickDigest(source, files)
  if (quick === undefined) await read()
  return {
    comesTo: async (digest) => {
      if (digest === quick) return true
      exact ??= digestOf(await read())
      return digest === exact
    },
    migrations: async () => {
      ordered ??= inOrder(await read())
      return ordered
    },
    unusable: () => new Promise((_, reject) => void setTimeout(() => read().catch(reject), patience).unref()),
  }
}

/** What a sealed or a plain folder comes to, without its texts. In a plain one, they may come to something else: comments may tell another tool's files. */
async function quickDigest(source: Source, files: readonly string[]): Promise<string | undefined> {
  const { migrations, format } = source
  if (files.includes(sealName)) {
    const { openSeal, digestFor } = await import('./seal.ts')
    return digestFor(openSeal(migrations, files), format)
  }
  const isOwn = format === 'lotse' || (format === 'auto' && signsInNames(files).length === 0)
  return isOwn && isPlain(files) ? digestOfBytes(migrations, files) : undefined
}

/**
 * Reads every migration of a folder, in the order of applying, without touching the database. Lets other work, such as making a
 * connection, go on meanwhile. `env` fills in what files take from the environment; without it their text is only to be looked at.
 * Throws ConfigInvalid that lists everything wrong with the folder: missing, empty, two files of one name, a file that is
 * not UTF-8 or no regular file, a file that is no migration, a down file without its migration, an unknown directive.
 */
export async function readMigrations(source: Source, env?: Env): Promise<Migration[]> {
  return inOrder(await readAny(source, listFolder(source.migrations), env))
}

function inOrder(read: readonly Migration[]): Migration[] {
  const order = orderOfFolder(read)
  return read.toSorted((a, b) => order(a.name, b.name) || order(a.file, b.file))
}

/** Does what readMigrations() does, of the files that listFolder() has found, but for the order: with nothing pending, nobody needs it. */
async function readAny(source: Source, listed: readonly string[], env: Env | undefined): Promise<readonly Migration[]> {
  await immediate()
  const { migrations: path } = source
  const opened = await openFolder(path, listed, env)
  const own = source.format === 'auto' ? await readAsOwn(path, opened()) : undefined
  const folder = remembering(opened())
  const name = own ? 'lotse' : await formatOf(source, folder)
  const { problems } = folder
  const read = own ?? (await readAll(path, folder, name === 'lotse' ? lotse : (await formats[name]()).format, name))
  const files = new Map<string, string>()
  for (const { name, file } of read) {
    const other = files.get(name)
    if (other) problems.push(`${other} and ${file}: are both the migration ${name}; rename or delete one`)
    files.set(name, file)
  }
  if (problems.length > 0) throw broken(path, name === 'lotse' && source.format === 'auto', problems)
  if (read.length === 0) throw unusable(path, 'holds no migrations')
  return read
}

/**
 * Reads a folder as Lotse's own, as most are, each text once; undefined where a text may be another tool's, or anything is wrong: then
 * the whole folder has to tell first whose it is.
 */
async function readAsOwn(path: string, folder: Folder): Promise<Migration[] | undefined> {
  if (signsInNames(folder.files).length > 0) return undefined
  const { problems } = folder
  const read = (file: string): string => {
    const text = folder.read(file)
    if (mayMark.test(text)) problems.push(file)
    return text
  }
  const all = await readAll(path, { ...folder, read }, lotse, 'lotse', () => problems.length > 0)
  return problems.length > 0 ? undefined : all
}

/** Reads by slices, so that a connection can be made meanwhile; no further than `inVain` says. */
async function readAll(
  path: string,
  folder: Folder,
  format: Format,
  name: FormatName,
  inVain = (): boolean => false,
): Promise<Migration[]> {
  const root = resolve(path)
  const read: Migration[] = []
  for (const entry of format.entriesOf(folder)) {
    const whole = folder.read(entry.file)
    const parts = entry.kind === 'foreign' ? notRun : format.partsOf(entry, whole, folder)
    const { text, directives, down, foreign } = parts
    const path = `${root}${sep}${entry.file}`
    // Made in one go, which thousands of them show in time and memory.
    const bytes = folder.bytesOf?.(entry.file)
    const migration = { ...entry, path, text, checksum: parts.checksum ?? checksum(whole), directives, down }
    const ofTool = name === 'lotse' ? {} : { ...(foreign ? { kind: 'foreign' as const, foreign } : {}), format: name }
    read.push(name === 'lotse' && !bytes ? migration : { ...migration, ...ofTool, ...(bytes ? { bytes } : {}) })
    if (inVain()) break
    if (read.length % sliceOfFiles === 0) await immediate()
  }
  return read
}

/** Of what only its tool runs, nothing is sent to the database. */
const notRun: Parts = { text: '', directives: none, down: undefined }

/** How to look at a folder, each time with no problems yet. */
async function openFolder(path: string, listed: readonly string[], env: Env | undefined): Promise<() => Folder> {
  const root = resolve(path)
  const isSealed = listed.includes(sealName)
  const sealed = isSealed ? (await import('./seal.ts')).openSeal(path, listed).files() : undefined
  const files = sealed ? [...new Set([...listed.filter((file) => file !== sealName), ...sealed.keys()])].sort() : listed
  let known: Set<string> | undefined
  const has = (file: string): boolean => {
    known ??= new Set(files)
    return known.has(file)
  }
  return () => {
    const problems: string[] = []
    const fromDisk = (file: string): string => readFile(`${root}${sep}${file}`, file, problems)
    if (!sealed) return { files, has, read: fromDisk, problems, env }
    const read = (file: string): string => {
      const bytes = sealed.get(file)
      return bytes ? textOf(bytes, bytes.length, file, problems) : fromDisk(file)
    }
    return { files, has, read, problems, env, bytesOf: (file) => sealed.get(file) }
  }
}

/** The format that a folder is read in, as a person set it or as its files tell it. */
export async function formatOf({ migrations, format }: Source, folder?: Folder): Promise<FormatName> {
  if (format !== 'auto') return format
  const { files, read } = folder ?? remembering((await openFolder(migrations, listFolder(migrations), {}))())
  const inNames = signsInNames(files)
  if (inNames.length > 0) return oneOf(inNames, migrations)
  const signs: Sign[] = []
  for (const [index, file] of files.entries()) {
    if (ending.test(file)) signs.push(...signsInText(file, read(file)))
    if (index % sliceOfFiles === sliceOfFiles - 1) await immediate()
  }
  const differ = signs.some(({ format }) => format !== signs[0]?.format)
  const exact = differ
    ? [...new Set(signs.map(({ file }) => file))].flatMap((file) => signsInText(file, read(file), true))
    : signs
  const [sign] = exact
  if (!sign) return 'lotse'
  const one = oneOf(exact, migrations)
  return fits(sign, files, exact) ? one : 'lotse'
}
