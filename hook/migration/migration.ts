import type { FormatName } from '../config/config.ts'
import type { Directives } from './directives.ts'

/** One migration of the folder, read and checked. */
export type Migration = {
  /**
   * The file's name without its ending and direction, or its folder's name where a migration is a folder; what the history records.
   * The same in every format that fits a folder, so that a history outlives a change of `--format`.
   */
  readonly name: string
  /** The file's name as it stands in the folder, for messages. */
  readonly file: string
  /** Absolute path of the file whose bytes a tool's own checksum is made of. */
  readonly path: string
  /**
   * `sql` is run by PostgreSQL, `script` is TypeScript or JavaScript that exports `up`, or `batch`. `foreign` is what only its tool can run,
   * a `.go` of goose: it may stand in the folder only when the history says that it was applied.
   */
  readonly kind: 'sql' | 'script' | 'foreign'
  readonly text: string
  /** The bytes of the file, where they lie in the seal of a folder and not at `path`. */
  readonly bytes?: Buffer
  /** `sha256:…` of the text, see checksum.ts and conditions.ts. */
  readonly checksum: string
  readonly directives: Directives
  /** What reverts it, from NAME.down.sql; stored in the history so that an image without the file can revert it. */
  readonly down: Down | undefined
  /** What has to be true before and after it. Its checksum is then made of them, too: see conditions.ts. */
  readonly conditions?: Conditions
  /** By its name it is a condition of this migration, which the folder lacks: it may only stand where an earlier Lotse applied it. */
  readonly conditionOf?: string
  /** The tool in whose format it was read; absent in Lotse's own. */
  readonly format?: FormatName
  /** What the tool's own history table calls it: see the tool's file in hook/folder. Absent in Lotse's own format, and for what is repeatable. */
  readonly version?: string
  /** Flyway's description, which is how its history knows a repeatable migration. */
  readonly description?: string
  /** Runs again whenever its checksum changes, after all versions. */
  readonly repeatable?: boolean
  /** Stands, in an empty database, for every version up to its own. */
  readonly baseline?: boolean
  /** Why a foreign one can only be run by its tool, as the end of a sentence. */
  readonly foreign?: string
}

/** Asked read-only: NAME.check.sql before the migration, NAME.verify.sql after it. */
export type Conditions = { readonly check?: Condition; readonly verify?: Condition }

export type Condition = { readonly file: string; readonly text: string }

export type Down = { readonly file: string; readonly text: string; readonly checksum: string }

/** One row of the history, in the order of applying. */
export type Applied = {
  readonly name: string
  readonly checksum: string
  /** `started` and `reverting`: a file that runs statement by statement was interrupted or failed in the middle. */
  readonly state: 'applied' | 'started' | 'reverting'
  readonly breaking: boolean
  /** Not applied yet, and something of it is done or was begun. */
  readonly begun: boolean
  /** The checksums of the texts that a repeatable one has run with, the last one last; undefined of any other. */
  readonly ran?: readonly string[] | null
  /** The release that applied it, where that is another one than the one that asks. */
  readonly otherRelease?: string | null
  /** The tool whose history it was taken over from. */
  readonly adoptedFrom?: string | null
}
