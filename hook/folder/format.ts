import { resolve } from 'node:path'
import { type FormatName, formats } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { Failure } from '../failure.ts'
import { mayAsk } from '../migration/conditions.ts'
import type { Migration } from '../migration/migration.ts'
import { replaceQuoted } from '../sql/quote.ts'

/** The folder as a format sees it. What is wrong with it is added to `problems`. */
export type Folder = {
  /** Names of files without those that are skipped; what stands in a folder of the folder is `FOLDER/FILE`. */
  readonly files: readonly string[]
  readonly has: (file: string) => boolean
  /** The text of a file, normalised; empty, with a problem added, where there is none to be read. */
  readonly read: (file: string) => string
  /** The bytes of a file of a sealed folder; of any other, they are to be read where the file lies. */
  readonly bytesOf?: (file: string) => Buffer | undefined
  readonly problems: string[]
  /** Fills in what files take from the environment; undefined when their text is only to be looked at. */
  readonly env: Env | undefined
}

/** A migration as the names tell it, before its text is looked at. */
export type Entry = Pick<
  Migration,
  | 'name'
  | 'file'
  | 'kind'
  | 'version'
  | 'description'
  | 'repeatable'
  | 'baseline'
  | 'foreign'
  | 'conditions'
  | 'conditionOf'
> & { readonly downFile?: string | undefined }

/** What a file says of itself: how to run it, and what reverts it. Its checksum is that of its text, unless another is given. */
export type Parts = Pick<Migration, 'text' | 'directives' | 'down' | 'foreign'> & Partial<Pick<Migration, 'checksum'>>

/** How a tool lays out its migrations; one file of this room for each. */
export type Format = {
  /** The migrations of a folder. Adds a problem for each file that is none and is not known to stand beside them. */
  readonly entriesOf: (folder: Folder) => readonly Entry[]
  readonly partsOf: (entry: Entry, whole: string, folder: Folder) => Parts
}

/** A tool whose format was recognised, by the file that shows it. */
export type Sign = { readonly format: FormatName; readonly file: string }

/** Names that only one tool gives. */
const unmistakable: readonly (readonly [FormatName, RegExp])[] = [
  ['drizzle', /^meta\/_journal\.json$|^[^/]+\/snapshot\.json$/],
  ['prisma', /^migration_lock\.toml$/],
  ['diesel', /^[^/]+\/(?:up\.sql|down\.sql|metadata\.toml)$/],
  ['goose', /^\d+_.*(?<!_test)\.go$/],
]

/** Names that tell when all migrations of the folder have such: any of them would do for Lotse's own layout, too. */
const telling: readonly (readonly [FormatName, RegExp])[] = [
  ['flyway', /^(?:[VBU]\d[\d._]*__.+|R__.+)\.sql$|^(?:before|after)[A-Z]\w*\.sql$/],
  ['postgrator', /^\d+\.(?:do|undo)(?:\..+)?\.(?:sql|js|mjs|cjs)$/],
  // sqlx names pairs the same way, and reads them as golang-migrate does.
  ['golang-migrate', /^\d+_.+\.(?:up|down)\.sql$/],
]

/** Endings that migrations of other tools have. */
const isMigration = /\.(?:sql|ts|js|mjs|cjs)$/

/** A name without which no name tells anything: it spares Lotse's own folders the rest. */
const mayTell = /\/|^migration_lock|\.go$|^[VBUR][\d_]|\.do\.|\.up\.sql$/m

/** The formats that the names in a folder show. None: the files themselves have to tell. */
export function signsInNames(files: readonly string[]): readonly Sign[] {
  if (!mayTell.test(files.join('\n'))) return []
  const find = ([format, pattern]: readonly [FormatName, RegExp]): Sign[] => {
    const file = files.find((each) => pattern.test(each))
    return file === undefined ? [] : [{ format, file }]
  }
  const sure = unmistakable.flatMap(find)
  // Drizzle's newer layout has such folders as well, each with its snapshot.
  const isKnown = sure.some(({ format }) => format === 'prisma' || format === 'drizzle')
  const own = isKnown ? sure : [...sure, ...find(['prisma', /^[^/]+\/migration\.sql$/])]
  const alike = telling.flatMap(find).filter(({ format }) => format !== 'golang-migrate')
  if (own.length > 0) return [...own, ...alike]
  // A condition is named after its migration.
  const migrations = files.filter((file) => isMigration.test(file) && !mayAsk.test(file))
  const whole = telling.filter(([, pattern]) => migrations.every((file) => pattern.test(file))).flatMap(find)
  return whole.length > 0 ? whole : alike.length > 1 ? alike : []
}

/** A word without which no text tells anything. */
export const mayMark = /\+goose|migrate:|migration[ \t]*$|^-- no-transaction|\bpgm\b|\bknex\b|kysely/im

/** What a text shows of the tool it is written for. */
const marks: readonly (readonly [FormatName, RegExp])[] = [
  ['goose', /^\s*--\s*\+goose\s+up\b/im],
  ['dbmate', /^\s*--\s*migrate:up\b/im],
  ['node-pg-migrate', /^\s*--[\s-]*(?:up|down)\s+migration[ \t]*$/im],
  // Without the m: sqlx looks at the beginning of the file alone.
  ['sqlx', /^-- no-transaction\b/],
]
const scriptMarks: readonly (readonly [FormatName, RegExp])[] = [
  ['node-pg-migrate', /\bup\s*(?:=\s*(?:async\b)?\s*(?:function\b[^(]*)?)?\(?\s*pgm\b/],
  ['knex', /\bup\s*(?:=\s*(?:async\b)?\s*(?:function\b[^(]*)?)?\(?\s*knex\b/],
  ['kysely', /\bfrom\s*['"]kysely['"]|\brequire\(\s*['"]kysely['"]\s*\)/],
]

/**
 * The formats that a text shows, which are several where a file is written for several tools. What stands in a string is only left
 * out where `exactly` is asked for, which takes as long as reading the marks does.
 */
export function signsInText(file: string, text: string, exactly = false): readonly Sign[] {
  if (!mayMark.test(text)) return []
  const isSql = file.endsWith('.sql')
  const shown = exactly && isSql ? replaceQuoted(text, (part, opening) => (opening === '--' ? part : '')) : text
  return (isSql ? marks : scriptMarks)
    .filter(([, pattern]) => pattern.test(shown))
    .map(([format]) => ({ format, file }))
}

/** Whether a folder is this tool's when its texts have shown no other's: else Lotse's own layout reads it, mark by mark. */
export function fits({ format }: Sign, files: readonly string[], signs: readonly Sign[]): boolean {
  const migrations = files.filter((file) => isMigration.test(file))
  switch (format) {
    case 'goose':
    case 'dbmate':
      return migrations.every((file) => /^\d+.*\.sql$/.test(file)) && signs.length === migrations.length
    case 'sqlx':
      return migrations.every((file) => /^\d+_.+\.sql$/.test(file))
    case 'node-pg-migrate':
      return migrations.every((file) => /^\d+[_-]/.test(file) && !/\.down\.sql$/.test(file))
    default:
      return migrations.every((file) => !file.endsWith('.sql'))
  }
}

/** Throws ConfigInvalid that names both where files of two tools lie together. */
export function oneOf(signs: readonly Sign[], path: string): FormatName {
  const [one, ...others] = signs
  const other = others.find(({ format }) => format !== one?.format)
  if (one && !other) return one.format
  throw new Failure('ConfigInvalid', {
    summary: `the migrations folder ${resolve(path)} has the marks of two tools: ${one?.format} (${one?.file}) and ${other?.format} (${other?.file})`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: `keep the files of one tool there; or name the tool whose order and marks count with LOTSE_FORMAT or --format`,
  })
}

/** ConfigInvalid that lists what is wrong with a folder; `guessed`: its layout was taken for Lotse's own. */
export function broken(path: string, guessed: boolean, problems: string[]): Failure {
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

const others = formats.filter((each) => each !== 'lotse').join(', ')

/** The folder for who reads a text more than once. */
export function remembering(folder: Folder): Folder {
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = texts.get(file) ?? folder.read(file)
    texts.set(file, text)
    return text
  }
  return { ...folder, read }
}
