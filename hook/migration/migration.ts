import type { Directives } from './directives.ts'

/** One migration of the folder, read and checked. */
export type Migration = {
  /** The file's name without its ending; what the history records and the order is made from. */
  readonly name: string
  /** The file's name as it stands in the folder, for messages. */
  readonly file: string
  /** Absolute path of the file. */
  readonly path: string
  /** `sql` is run by PostgreSQL, `script` is TypeScript or JavaScript that exports `up`. */
  readonly kind: 'sql' | 'script'
  readonly text: string
  /** `sha256:…` of the text, see checksum.ts. */
  readonly checksum: string
  readonly directives: Directives
  /** What reverts it, from NAME.down.sql; stored in the history so that an image without the file can revert it. */
  readonly down: Down | undefined
}

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
  /** The release that applied it, where that is another one than the one that asks. */
  readonly otherRelease?: string | null
}
