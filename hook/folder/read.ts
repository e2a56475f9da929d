import { resolve, sep } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Config, FormatName } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { Failure } from '../failure.ts'
import { checksum, digestOf } from '../migration/checksum.ts'
import { none } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { ending, orderOfFolder } from '../migration/name.ts'
import { listFolder, readFile, sealName, textOf, unusable } from './files.ts'
import { type Folder, type Format, fits, mayMark, type Parts, type Sign, signsInNames, signsInText } from './format.ts'
import { format as lotse } from './lotse.ts'

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

/** What a folder's migrations come to, see digestOf(), and the migrations for who needs more. */
export type Contents = { readonly digest: string; readonly migrations: () => Promise<readonly Migration[]> }

/** Does what readMigrations() does; of a sealed folder, the migrations are only read when they are asked for. */
export async function readContents(source: Source, env?: Env): Promise<Contents> {
  const files = listFolder(source.migrations)
  if (files.includes(sealName)) {
    const { openSeal, digestFor } = await import('./seal.ts')
    const digest = digestFor(openSeal(source.migrations, files), source.format)
    if (digest !== undefined) return { digest, migrations: () => readMigrations(source, env) }
  }
  const read = await readAny(source, files, env)
  return { digest: digestOf(read), migrations: async () => inOrder(read) }
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

/** Files that are read in about a millisecond. */
const sliceOfFiles = 100

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

/** The folder for who reads a text more than once. */
function remembering(folder: Folder): Folder {
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = texts.get(file) ?? folder.read(file)
    texts.set(file, text)
    return text
  }
  return { ...folder, read }
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

/** Throws ConfigInvalid that names both where files of two tools lie together. */
function oneOf(signs: readonly Sign[], path: string): FormatName {
  const [one, ...others] = signs
  const other = others.find(({ format }) => format !== one?.format)
  if (one && !other) return one.format
  throw new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(path)} has the marks of two tools: ${one?.format} (${one?.file}) and ${other?.format} (${other?.file})`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: `keep the files of one tool there; or name the tool whose order and marks count with LOTSE_FORMAT or --format`,
  })
}

function broken(path: string, guessed: boolean, problems: string[]): Failure {
  const strange = guessed && problems.some((each) => each.includes('is not a migration'))
  return new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(path)} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    details: [
      ...[...new Set(problems)].sort().map((problem) => `- ${problem}`),
      ...(strange
        ? [
            `The folder was read in Lotse's own layout, since it has that of no other tool (${others}); --format names one.`,
          ]
        : []),
    ],
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'correct the files named above and build the image again',
  })
}

const others = Object.keys(formats).join(', ')
