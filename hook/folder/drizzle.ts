import type { Entry, Folder, Format } from './format.ts'
import { isBeside, partsFrom, stranger } from './parts.ts'
import { linesInQuotation } from './sections.ts'

/**
 * Drizzle: `meta/_journal.json` lists the files `TAG.sql` in their order; `version` is the `when` of an entry, which is the
 * `created_at` of `drizzle.__drizzle_migrations`. In its newer layout a migration is a folder `TIMESTAMP_name` with `migration.sql`
 * and `snapshot.json`, and that time counts in milliseconds since 1970 (drizzle-orm, migrator.ts). What stands between two lines
 * `--> statement-breakpoint` is sent alone, and needs no semicolon.
 */
export const format: Format = {
  entriesOf: (folder) => (folder.has(journal) ? listed(folder) : folders(folder)),
  partsOf: (entry, whole, { problems }) => partsFrom(entry, whole, { up: separated(whole) }, problems),
}

const journal = 'meta/_journal.json'

type Journal = { readonly entries?: readonly { readonly idx: number; readonly when: number; readonly tag: string }[] }

function listed({ files, has, read, problems }: Folder): Entry[] {
  const entries = entriesOfJournal(read(journal), problems).toSorted((a, b) => a.idx - b.idx)
  const tags = new Set(entries.map(({ tag }) => tag))
  for (const file of files) {
    const isNamed = file.endsWith('.sql') && !file.includes('/')
    if (isNamed && !tags.has(file.slice(0, -4)))
      problems.push(
        `${file}: is not in ${journal}, so Drizzle never applies it; let drizzle-kit make it (drizzle-kit generate --custom), or remove it`,
      )
    else if (
      !isNamed &&
      !file.startsWith('meta/') &&
      !isBeside(file) &&
      !/^(?:schema|relations)\.[cm]?[jt]s$/.test(file)
    )
      problems.push(stranger(file, 'Drizzle', `a file that ${journal} names`))
  }
  return entries.flatMap(({ tag, when }): Entry[] => {
    const file = `${tag}.sql`
    if (has(file)) return [{ name: tag, file, kind: 'sql', version: String(when) }]
    problems.push(
      `${journal} names the migration ${tag}, and ${file} is missing; restore it, or drop it with drizzle-kit drop`,
    )
    return []
  })
}

function entriesOfJournal(text: string, problems: string[]): NonNullable<Journal['entries']> {
  try {
    const { entries } = JSON.parse(text) as Journal
    if (
      entries?.every(({ idx, when, tag }) => Number.isInteger(idx) && Number.isInteger(when) && typeof tag === 'string')
    )
      return entries
    problems.push(`${journal}: has no list of entries, each with idx, when and tag; restore it as drizzle-kit wrote it`)
  } catch (error) {
    problems.push(`${journal}: is not JSON (${(error as Error).message}); restore it as drizzle-kit wrote it`)
  }
  return []
}

function folders({ files, has, problems }: Folder): Entry[] {
  const names = new Set(files.filter((file) => file.includes('/')).map((file) => file.slice(0, file.indexOf('/'))))
  for (const file of files) {
    if (!file.includes('/') && !isBeside(file) && !/^(?:schema|relations)\.[cm]?[jt]s$/.test(file))
      problems.push(stranger(file, 'Drizzle', 'a folder TIMESTAMP_name with migration.sql'))
  }
  const entries = [...names].sort().flatMap((name): Entry[] => {
    const file = `${name}/migration.sql`
    const time = timeOf(name)
    if (has(file)) return [{ name, file, kind: 'sql', ...(time ? { version: time } : {}) }]
    problems.push(
      `${name}: has no migration.sql, without which Drizzle has nothing to apply; restore it, or remove the folder`,
    )
    return []
  })
  return entries
}

/** Milliseconds since 1970 of `20260102030405_name`, in UTC. */
function timeOf(name: string): string | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(name) ?? []
  const [year = 0, month = 0, day, hour, minute, second] = parts.map(Number)
  return parts.length > 0 ? String(Date.UTC(year, month - 1, day, hour, minute, second)) : undefined
}

/** With a semicolon at each breakpoint that lacks one; as long as it was. */
function separated(text: string): string {
  if (!text.includes('--> statement-breakpoint')) return text
  const inQuotation = linesInQuotation(text)
  let ended = true
  return text
    .split('\n')
    .map((line, index) => {
      const [before = '', after] = line.split('--> statement-breakpoint')
      const said = before.replace(/--.*/, '').trim()
      if (said !== '') ended = said.endsWith(';')
      if (after === undefined || inQuotation(index) || ended) return line
      ended = true
      return `${before};-- statement-breakpoint${after}`
    })
    .join('\n')
}
