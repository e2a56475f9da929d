import { guardIndexBuild, guardIndexDrop } from './guard-index.ts'
import { guardDetach } from './guard-partition.ts'
import { guardReindex } from './guard-reindex.ts'
import { detachedPartition, isConcurrentReindex } from './rules.ts'
import type { Run } from './run.ts'
import type { Tree } from './statements.ts'

/** What to do about a statement: run it, run another in its place, or nothing, since it has been done. */
export type Next = 'run' | 'done' | { readonly instead: string }

/**
 * What keeps a statement outside of a transaction from being done twice or left half done. It asks the catalogue, since a killed
 * run may have ended before, inside or after the statement.
 */
export type Guard = {
  /** Clears what an interrupted attempt has left. `again`: the statement was begun before, by this run or a killed one. */
  readonly before: (run: Run, again: boolean) => Promise<Next>
  /** Throws when the statement ended without an error and yet without what it promises. */
  readonly after: (run: Run) => Promise<void>
  /** Whether queries of the application queue behind it while it waits for its lock. */
  readonly blocksQueries: boolean
}

const repeatable: Guard = { before: async () => 'run', after: async () => {}, blocksQueries: true }

export function guardOf(tree: Tree): Guard {
  if (tree.IndexStmt?.concurrent) return guardIndexBuild(tree.IndexStmt)
  if (tree.DropStmt?.concurrent) return guardIndexDrop(tree.DropStmt)
  if (tree.ReindexStmt && isConcurrentReindex(tree.ReindexStmt)) return guardReindex(tree.ReindexStmt)
  const detached = tree.AlterTableStmt && detachedPartition(tree.AlterTableStmt)
  return detached ? guardDetach(tree.AlterTableStmt.relation, detached.partition) : repeatable
}
