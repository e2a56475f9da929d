import { checksum } from '../migration/checksum.ts'
import { mayAsk } from '../migration/conditions.ts'
import { none, parseDirectives } from '../migration/directives.ts'
import { ending, nameOf } from '../migration/name.ts'
import { readConditions, withConditions } from './conditions.ts'
import type { Entry, Folder, Format, Parts } from './format.ts'
import { mayBeMarked, splitSections } from './sections.ts'

/** Words without which a file has no directive and no mark of another tool: one look instead of five for most files. */
const notable = /lotse|--!/i

/** Lotse's own layout: `NAME.sql` with `NAME.down.sql`, or a script, and its conditions. Marks that other tools write into a file are understood, too. */
export const format: Format = {
  entriesOf,
  partsOf: (entry, whole, folder) => {
    const parts = partsOf(entry, whole, folder)
    return entry.conditions ? withConditions(parts, whole, entry.conditions) : parts
  },
}

const scriptDown = /\.(down|undo|revert|rollback)\.(ts|js|mjs|cjs)$/

/** What the names of a folder lack that holds nothing but `NAME.sql`: one look at all of them spares thousands at each. */
const special = /\/|\.(?!sql$)|^[^.\n]*$|down|undo|revert|rollback|^U\d/im

/** Whether each of these is a migration `NAME.sql`, and nothing else. */
export function isPlain(files: readonly string[]): boolean {
  return !special.test(files.join('\n'))
}

function entriesOf(folder: Folder): Entry[] {
  const { files, problems } = folder
  if (isPlain(files))
    return files.map((file) => ({ name: file.slice(0, -'.sql'.length), file, kind: 'sql', downFile: undefined }))
  const migrations = files.filter((file) => {
    if (scriptDown.test(file)) {
      problems.push(`${file}: a script is reverted by the function down that it exports, not by a file of its own`)
      return false
    }
    if (ending.test(file) && !file.includes('/')) return true
    const problem = `${file.replace(/\/.*/, '')}: ${strangerOf(file)}`
    if (!problems.includes(problem)) problems.push(problem)
    return false
  })
  const all = new Set(migrations.map(nameOf))
  const reversals = new Set(migrations.filter((file) => isReversal(file) || counterpartOf(file, all) !== undefined))
  const downs = reversals.size > 0 ? pairReversals(migrations, reversals, problems) : new Map<string, string>()
  const asking = migrations.some((file) => mayAsk.test(file))
    ? readConditions(
        migrations.filter((file) => !reversals.has(file)),
        folder,
      )
    : undefined
  const entries: Entry[] = []
  for (const file of migrations) {
    if (reversals.has(file) || asking?.files.has(file)) continue
    const name = nameOf(file)
    const kind = file.endsWith('.sql') ? 'sql' : 'script'
    entries.push({ name, file, kind, downFile: downs.get(name), ...asking?.of(file) })
    downs.delete(name)
  }
  return entries
}

/** Endings of migrations that are programs of another framework. */
const frameworks: Readonly<Record<string, string>> = {
  exs: 'Ecto',
  py: 'Alembic or Django',
  rb: 'Rails',
  java: 'Flyway',
  go: 'a Go program',
}

function strangerOf(file: string): string {
  const framework = frameworks[file.slice(file.lastIndexOf('.') + 1)]
  const known = 'is not a migration; a migration is a file NAME.sql, NAME.ts or NAME.js'
  return framework
    ? `${known}, and only ${framework} can run this one: keep that tool as the migrator (in the chart migrations.command)`
    : known
}

/** The files that revert, by the name of the migration that each belongs to. */
function pairReversals(
  files: readonly string[],
  reversals: ReadonlySet<string>,
  problems: string[],
): Map<string, string> {
  const names = new Set(files.filter((file) => !reversals.has(file)).map(nameOf))
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

/** What a file says of itself: how to run it, and what reverts it. */
function partsOf({ kind, file, downFile }: Entry, whole: string, { read, problems }: Folder): Parts {
  if (kind === 'script' && whole.trim() === '') problems.push(`${file}: is empty; export a function up from it`)
  if (downFile === undefined && !notable.test(whole) && !mayBeMarked.test(whole))
    return { text: whole, directives: none, down: undefined }
  const { up, down } = kind === 'sql' ? splitSections(whole, file, problems) : { up: whole, down: undefined }
  if (down !== undefined && downFile !== undefined) {
    const line = down.split('\n').findIndex((each) => each.trim() !== '') + 1
    problems.push(
      `${file}, line ${line}: what reverts it begins here, and ${downFile} reverts it too; delete the file, or this part`,
    )
  }
  const asked = parseDirectives(whole, file, problems)
  const transaction = asked.transaction && !(kind === 'sql' && asksForNoTransaction(up))
  // goose says it once, for both parts; dbmate says it of each part.
  const alike = asked.transaction && !/goose\s+no\s+transaction/i.test(up)
  const text = downFile === undefined ? sectionDown(down, alike) : read(downFile)
  if (downFile !== undefined) parseDirectives(text ?? '', downFile, problems)
  return {
    text: up,
    directives: { ...asked, transaction },
    down: text === undefined ? undefined : { file: downFile ?? file, text, checksum: checksum(text) },
  }
}

/** The part of a file that reverts is stored alone, so it has to say itself when it needs no transaction. */
function sectionDown(text: string | undefined, transaction: boolean): string | undefined {
  const alone = text !== undefined && (!transaction || asksForNoTransaction(text))
  return alone ? text.replace(/^/, '-- lotse: no-transaction') : text
}

/** Other tools' way to say no-transaction: goose, graphile-migrate, dbmate. */
const withoutTransaction =
  /^--\s*(\+goose\s+no\s+transaction|!\s*no-transaction|migrate:(up|down)\b.*\btransaction:\s*false)/im

/** Whether a part asks for no transaction in another tool's words. */
function asksForNoTransaction(text: string): boolean {
  return /migrat|goose|--!/i.test(text) && withoutTransaction.test(text)
}

/** A file that by its name reverts a migration: Lotse's and golang-migrate's .down, postgrator's .undo, .revert, .rollback, Flyway's U1__. */
const reversal = /\.(?:down|undo|revert|rollback)(?=\.sql$)|(?<=^\d+)\.undo(?=\.)|^U(?=\d[\d._]*__)/

/** Whether this SQL file is meant to revert a migration, and so never to be applied. */
export function isReversal(file: string): boolean {
  return file.endsWith('.sql') && reversal.test(file)
}

/** A word at the end of a name, which may as well be what the migration is about: `007_scale_down.sql`. */
const lastWord = /[-_](?:down|undo|revert|rollback|downgrade)(?=\.sql$)/i

/** The migration that a file with such a word reverts: the one of the same name with up in its place, or without it. */
function counterpartOf(file: string, names: ReadonlySet<string>): string | undefined {
  const word = lastWord.exec(file)
  if (!word) return undefined
  const stem = file.slice(0, word.index)
  return ['_up', '-up', '_UP', '-UP', '_do', '_deploy', ''].map((end) => stem + end).find((name) => names.has(name))
}

/** Which of the folder's migrations such a file reverts, by name; undefined when none fits. */
function revertedBy(file: string, names: ReadonlySet<string>): string | undefined {
  const version = /^U(\d[\d._]*?)__/.exec(file)?.[1]
  // Flyway pairs by version; the descriptions may differ.
  if (version) return [...names].find((name) => name.startsWith(`V${version}__`))
  const marked = ['', '.do'].map((word) => nameOf(file.replace(reversal, word))).find((name) => names.has(name))
  return marked ?? counterpartOf(file, names)
}
