import { flywayVersion } from '../migration/name.ts'
import type { Entry, Folder, Format, Parts } from './format.ts'
import { isBeside, numberOf, partsFrom, stranger } from './parts.ts'
import { placeholders } from './placeholders.ts'
import { countAlone } from './transactions.ts'

/**
 * Flyway: `V1_2__Name.sql` in the order of the version's parts as numbers, `U1_2__…` reverts it, `R__Name.sql` runs again whenever it
 * changes, after all versions, and `B1_2__…` stands in an empty database for every version up to its own. `version` is `1.2` and
 * `description` `Name`, as `flyway_schema_history` has them. `executeInTransaction=false` in `NAME.sql.conf` turns the transaction off,
 * and so does a statement that cannot run in one (Flyway docs, "Migrations", "Script configuration files").
 */
export const format: Format = { entriesOf, partsOf }

const layout = 'a file V1_2__Name.sql, R__Name.sql, U1_2__Name.sql or B1_2__Name.sql'

function entriesOf(folder: Folder): Entry[] {
  const { files, problems } = folder
  const entries: Entry[] = []
  const undos: { readonly file: string; readonly version: string }[] = []
  for (const file of files) {
    const [, type, title, ending] = /^([VBU]\d[\d._]*|R)__(.+?)\.(sql|java|kt|class)$/.exec(file) ?? []
    const version = type && flywayVersion(type)
    if (type === undefined || title === undefined || (type !== 'R' && version === undefined)) {
      const problem = problemOf(file, folder)
      if (problem) problems.push(problem)
      continue
    }
    const description = title.replaceAll('_', ' ')
    const only =
      ending === 'sql'
        ? ({ kind: 'sql' } as const)
        : ({ kind: 'foreign', foreign: 'is a program for the Java machine' } as const)
    const name = file.replace(/\.(?:sql|java|kt|class)$/, '')
    if (version === undefined) entries.push({ name, file, description, repeatable: true, ...only })
    else if (type.startsWith('U')) undos.push({ file, version })
    else
      entries.push({ name, file, version, description, ...only, ...(type.startsWith('B') ? { baseline: true } : {}) })
  }
  assertNoTwoOf(entries, problems)
  return withUndos(entries, undos, problems)
}

function problemOf(file: string, { has }: Folder): string | undefined {
  if (/^(?:before|after)[A-Z]\w*(?:__.+)?\.sql$|^createSchema\b/.test(file))
    return `${file}: is a callback of Flyway, which Lotse does not run; make it a repeatable migration (R__${file.replace(/__.*|\.sql$/g, '')}.sql), or move it out of the folder`
  if (file.endsWith('.sql.conf') && has(file.slice(0, -'.conf'.length))) return undefined
  return isBeside(file) || file.endsWith('.conf') ? undefined : stranger(file, 'Flyway', layout)
}

function assertNoTwoOf(entries: readonly Entry[], problems: string[]): void {
  const known = new Map<string, Entry>()
  for (const entry of entries) {
    const { version, description, file, baseline } = entry
    const key = version === undefined ? `R ${description}` : `${baseline ? 'B' : 'V'} ${plainVersion(version)}`
    const other = known.get(key)
    known.set(key, entry)
    if (!other) continue
    const same = version === undefined ? `the description ${description}` : `version ${version}`
    problems.push(`${other.file} and ${file}: both have ${same}, and Flyway knows a migration by it; rename one`)
  }
}

/** The same for 1, 01 and 1.0, which are one version to Flyway. */
function plainVersion(version: string): string {
  return version
    .split('.')
    .map(numberOf)
    .join('.')
    .replace(/(?:\.0)+$/, '')
}

type Undo = { readonly file: string; readonly version: string }

function withUndos(entries: readonly Entry[], undos: readonly Undo[], problems: string[]): Entry[] {
  const downs = new Map<string, string>()
  for (const { file, version } of undos) {
    const other = downs.get(plainVersion(version))
    if (other) problems.push(`${other} and ${file}: both revert version ${version}; keep one`)
    downs.set(plainVersion(version), file)
  }
  const paired = entries.map((entry): Entry => {
    const key = entry.version === undefined || entry.baseline ? '' : plainVersion(entry.version)
    const downFile = downs.get(key)
    downs.delete(key)
    return downFile === undefined ? entry : { ...entry, downFile }
  })
  for (const [version, file] of downs)
    problems.push(
      `${file}: by its name it reverts a migration, but there is none of version ${version}; restore it, or remove this file`,
    )
  return paired
}

function partsOf(entry: Entry, whole: string, folder: Folder): Parts {
  const up = textOf(entry.file, whole, folder)
  const down = entry.downFile === undefined ? undefined : textOf(entry.downFile, folder.read(entry.downFile), folder)
  const said = { up: up.text, down: down?.text, alone: up.alone, downAlone: down?.alone ?? false }
  return partsFrom(entry, whole, said, folder.problems)
}

function textOf(file: string, whole: string, folder: Folder): { readonly text: string; readonly alone: boolean } {
  const settings = settingsOf(`${file}.conf`, folder)
  const text = settings.placeholderReplacement === 'false' ? whole : placeholders(file, whole, folder)
  return { text, alone: settings.executeInTransaction === 'false' || countAlone(text).alone > 0 }
}

/** Settings for one file alone, of those that change nothing or that Lotse obeys. */
function settingsOf(file: string, { has, read, problems }: Folder): Readonly<Record<string, string>> {
  if (!has(file)) return {}
  const settings: Record<string, string> = {}
  for (const [index, line] of read(file).split('\n').entries()) {
    const [, key, value] = /^\s*([\w.]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const name = key.replace(/^flyway\./, '')
    settings[name] = value.toLowerCase()
    const known =
      ['executeInTransaction', 'placeholderReplacement'].includes(name) ||
      (name === 'encoding' && /^utf-?8$/i.test(value))
    if (!known)
      problems.push(
        `${file}, line ${index + 1}: ${key}=${value} is a setting of Flyway that Lotse does not have; remove it, or keep Flyway as the migrator (in the chart migrations.command)`,
      )
  }
  return settings
}
