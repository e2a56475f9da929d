import type { Lock, Severity } from '../../migration/finding.ts'
import type { Tree } from '../../sql/parse.ts'
import type { Facts, Table } from './facts.ts'

/** A statement as a rule sees it. */
export type Judged = {
  readonly tree: Tree
  readonly sql: string
  /** Statements before it in the same transaction; none in a file without one. */
  readonly before: readonly Tree[]
  /** Whether it shares a transaction with the rest of its file. */
  readonly transaction: boolean
}

/**
 * What a statement does while it holds its lock. `build` builds an index, `compare` looks every row up in another table, `change`
 * writes rows as any UPDATE does.
 */
export type Work = 'none' | 'scan' | 'rewrite' | 'build' | 'compare' | 'change'

/** A table that a statement locks, and the work done meanwhile. */
export type Touch = { readonly table: Table; readonly lock: Lock; readonly work: Work }

export type Found = {
  readonly touches: readonly Touch[]
  /** One or two sentences: what the statement does to this table. */
  readonly message: string
  readonly breaks?: string
  /** The form to write instead, as SQL with comments. */
  readonly safe: string
  /** Byte offset in the statement of what is meant, where that is not its beginning. */
  readonly at?: number | undefined
  readonly severity?: Severity
}

/**
 * What makes a finding one. `blocking`: its work takes long under a lock, so it is silent for small tables. `brief`: a lock that is
 * held shortly, told for large tables. `breaking`: the old version fails; silent where the file declares itself breaking.
 * `mistake`: does not do what its author expects, whatever the size. `failing`: fails on a row that is there, which the preflight
 * finds, and no judging by the catalogue. None is told of a table that the same run creates.
 */
export type Kind = 'blocking' | 'brief' | 'breaking' | 'mistake' | 'failing'

/** One rule: what it finds, and what its page says. Its examples run on every server that Lotse supports (test/integration/check-proof.test.ts). */
export type Rule = {
  /** What `-- lotse: accept` names. */
  readonly name: string
  readonly kind: Kind
  readonly severity: Severity
  /** What it finds, in one line. */
  readonly finds: string
  readonly why: string
  readonly unsafe: string
  readonly safe: string
  /** When it does not apply. */
  readonly silent: string
  /** Majors of PostgreSQL whose servers can run the examples; all by default. */
  readonly since?: number
  readonly judge: (statement: Judged, facts: Facts) => readonly Found[]
}
