import type { Migration } from '../migration/migration.ts'
import { compareVersions } from '../migration/name.ts'
import { numericKey, type Recorded, type Tool } from './tool.ts'

/** A migration that the tool has applied, and what its table says of that. */
export type Taken = {
  readonly migration: Migration
  readonly row: Recorded
  /** What the history is to record; for a repeatable migration whose file has changed since, none that a file could have. */
  readonly checksum: string
}

/** What keeps a row from being taken over. */
export type Problem =
  | { readonly kind: 'failed'; readonly key: string }
  | { readonly kind: 'missing'; readonly key: string }
  | { readonly kind: 'edited'; readonly key: string; readonly file: string }

export type Matched = { readonly taken: readonly Taken[]; readonly problems: readonly Problem[] }

/**
 * Which migrations of the folder a tool's rows say are applied, in the order of applying, and what is wrong with the rows.
 * `digestsOf` gives the checksums that the tool may have made of a file: one for each way of ending lines. Pure but for that.
 */
export function match(
  tool: Tool,
  rows: readonly Recorded[],
  folder: readonly Migration[],
  digestsOf: (migration: Migration) => readonly string[],
): Matched {
  const byKey = new Map(folder.map((migration) => [numericKey(tool.keyOf(migration)), migration]))
  const taken = new Map<string, Taken>()
  const problems: Problem[] = []
  for (const row of rows) {
    const key = numericKey(row.key)
    const migration = byKey.get(key)
    if (row.state === 'failed') problems.push({ kind: 'failed', key: row.key })
    else if (row.upTo) {
      for (const each of folder.filter((other) => isUpTo(numericKey(tool.keyOf(other)), key)))
        if (!taken.has(each.name)) taken.set(each.name, { migration: each, row, checksum: each.checksum })
      // Flyway's baseline may be a number that no file has.
      if (!migration && tool.known.from === 'golang-migrate') problems.push({ kind: 'missing', key: row.key })
    } else if (!migration) problems.push({ kind: 'missing', key: row.key })
    else {
      const same = row.checksum === null || fits(row.checksum, digestsOf(migration))
      if (!same && !migration.repeatable) problems.push({ kind: 'edited', key: row.key, file: migration.file })
      const checksum = same || !migration.repeatable ? migration.checksum : `${tool.known.from}:${row.checksum}`
      taken.set(migration.name, { migration, row, checksum })
    }
  }
  return { taken: [...taken.values()], problems }
}

function fits(checksum: string, digests: readonly string[]): boolean {
  return digests.length === 0 || digests.includes(checksum.toLowerCase())
}

function isUpTo(key: string, limit: string): boolean {
  return /^\d/.test(key) && compareVersions(key, limit) <= 0
}
