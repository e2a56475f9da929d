import type { Migration } from '../migration/migration.ts'
import type { KnownTable, OtherHistory } from './known-table.ts'

/** A tool whose rows Lotse takes over: what its table says, and what it calls a migration of the folder. */
export type Tool = {
  readonly known: KnownTable
  /** SQL that gives a Recorded for each row that counts, in the order of applying; `:table` is the table. */
  readonly rows: () => string
  /** What the table calls a migration. */
  readonly keyOf: (migration: Migration) => string
  /** The checksum that the tool makes of a file's bytes; undefined where it keeps none. */
  readonly checksumOf?: (bytes: Buffer) => string
  /** The key of the advisory lock that the tool holds while it migrates; undefined where it has none. */
  readonly lockKey?: (at: Place) => bigint
  /** A table with this ending, beside the tool's own, holds a row of this condition while the tool migrates; `release` frees it. */
  readonly lockTable?: { readonly ending: string; readonly held: string; readonly release: string }
}

export type Place = { readonly database: string; readonly schema: string; readonly table: string }

/** A table to take over, and the tool that wrote it. */
export type Source = { readonly history: OtherHistory; readonly tool: Tool }

/** What a tool's table says of one migration. */
export type Recorded = {
  readonly key: string
  /** `failed`: begun, and not known to have ended well. */
  readonly state: 'applied' | 'failed'
  /** Every migration up to this one is applied as well. */
  readonly upTo: boolean | null
  /** As ISO 8601 writes it, and by which role; null where the tool does not record it. */
  readonly appliedAt: string | null
  readonly appliedBy: string | null
  readonly checksum: string | null
}

/** The select list of `rows`; what a tool does not record stays null. */
export function recorded(columns: {
  readonly key: string
  readonly state?: string
  readonly upTo?: string
  readonly at?: string
  readonly by?: string
  readonly checksum?: string
}): string {
  const { key, state = `'applied'`, upTo = 'null::boolean', at, by = 'null', checksum = 'null' } = columns
  // A time without a time zone is one of the session's, as it was when the tool wrote it.
  const time = at ? `to_json((${at})::timestamptz) #>> '{}'` : 'null'
  return `select (${key})::text as key, ${state} as state, ${upTo} as "upTo", ${time} as "appliedAt", ${by} as "appliedBy", (${checksum})::text as checksum`
}

/** A version as a number, or as numbers with dots, in the one way of writing it: `007` is `7`, `1_02.0` is `1.2`. */
export function numericKey(version: string): string {
  if (!/^\d+(?:[._]\d+)*$/.test(version)) return version
  const parts = version.split(/[._]/).map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop()
  return parts.join('.')
}

/** The number that a migration's name begins with, as a numericKey(): for a folder in Lotse's own layout. */
export function numberOf({ version, name }: Migration): string {
  return numericKey(version ?? /^\d+/.exec(name)?.[0] ?? name)
}

/** The file's name with its ending, without the folders it stands in. */
export function fileOf({ version, file }: Migration): string {
  return version ?? file.replace(/^.*\//, '')
}

export function nameOf({ version, name }: Migration): string {
  return version ?? name
}
