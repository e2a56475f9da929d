import { readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Config, FormatName } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { kindOf } from '../config/regular-file.ts'
import { Failure } from '../failure.ts'
import { checksum, normalise } from '../migration/checksum.ts'
import { none } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { ending, orderOfFolder } from '../migration/name.ts'
import { type Folder, type Format, fits, type Parts, type Sign, signsInNames, signsInText } from './format.ts'
import { format as lotse } from './lotse.ts'
import { decodeText } from './utf8.ts'

/** Files that people, and the compiler, keep beside migrations. Dot files are skipped too: a mounted ConfigMap is made of them. */
const skipped =
  /^(\..*|README.*|LICENSE.*|.*\.md|package(-lock)?\.json|tsconfig\.json|node_modules|.*\.d\.[cm]?ts|.*\.[cm]?js\.map)$/i

const copyThere =
  'copy the migrations there (in the image: COPY migrations /migrations), or name another folder with LOTSE_MIGRATIONS or --migrations'

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

/**
 * Reads every migration of a folder, in the order of applying, without touching the database. Lets other work, such as making a
 * connection, go on meanwhile. `env` fills in what files take from the environment; without it their text is only to be looked at.
 * Throws ConfigInvalid that lists everything wrong with the folder: missing, empty, two files of one name, a file that is
 * not UTF-8 or no regular file, a file that is no migration, a down file without its migration, an unknown directive.
 */
export async function readMigrations(source: Source, env?: Env): Promise<Migration[]> {
  await immediate()
  const { migrations: path } = source
  const root = resolve(path)
  const folder = openFolder(path, env)
  const name = await formatOf(source, folder)
  const { entriesOf, partsOf } = name === 'lotse' ? lotse : (await formats[name]()).format
  const read: Migration[] = []
  const format = name === 'lotse' ? {} : { format: name }
  for (const entry of entriesOf(folder)) {
    const whole = folder.read(entry.file)
    const parts = entry.kind === 'foreign' ? notRun : partsOf(entry, whole, folder)
    const { downFile: _, ...named } = entry
    const kind = parts.foreign === undefined ? entry.kind : 'foreign'
    read.push({ ...named, path: `${root}${sep}${entry.file}`, checksum: checksum(whole), ...parts, kind, ...format })
    if (read.length % sliceOfFiles === 0) await immediate()
  }
  const order = orderOfFolder(read)
  const migrations = read.toSorted((a, b) => order(a.name, b.name) || order(a.file, b.file))
  const { problems } = folder
  for (const [index, { name, file }] of migrations.entries()) {
    const other = migrations[index + 1]
    if (other?.name === name)
      problems.push(`${file} and ${other.file}: are both the migration ${name}; rename or delete one`)
  }
  if (problems.length > 0) throw broken(path, name === 'lotse' && source.format === 'auto', problems)
  if (migrations.length === 0) throw unusable(path, 'holds no migrations')
  return migrations
}

/** Files that are read in about a millisecond. */
const sliceOfFiles = 100

/** Of what only its tool runs, nothing is sent to the database. */
const notRun: Parts = { text: '', directives: none, down: undefined }

function openFolder(path: string, env: Env | undefined): Folder {
  const problems: string[] = []
  const root = resolve(path)
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = texts.get(file) ?? readFile(`${root}${sep}${file}`, file, problems)
    texts.set(file, text)
    return text
  }
  const files = listFolder(path)
  let known: Set<string> | undefined
  const has = (file: string): boolean => {
    known ??= new Set(files)
    return known.has(file)
  }
  return { files, has, read, problems, env }
}

/** The format that a folder is read in, as a person set it or as its files tell it. */
export async function formatOf(
  { migrations, format }: Source,
  folder = openFolder(migrations, {}),
): Promise<FormatName> {
  if (format !== 'auto') return format
  const { files, read } = folder
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

/** The names in a folder, and in its folders; an empty one is `NAME/`. */
function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !skipped.test(name))
      .flatMap((name) => (ending.test(name) ? name : withFiles(folder, name)))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`
    throw unusable(folder, what, error)
  }
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
