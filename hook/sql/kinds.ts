import type { AlterTableStmt, RangeVar, ReindexStmt } from '@pgsql/types'
import { identifier } from '../sql/quote.ts'
import type { Tree } from './parse.ts'

/** What PostgreSQL refuses inside a transaction block (25001), by the statement's name; undefined for everything else. */
export function needsNoTransaction(tree: Tree): string | undefined {
  if (tree.IndexStmt?.concurrent) return 'CREATE INDEX CONCURRENTLY'
  if (tree.DropStmt?.concurrent) return 'DROP INDEX CONCURRENTLY'
  if (tree.ReindexStmt) {
    if (isConcurrentReindex(tree.ReindexStmt)) return 'REINDEX CONCURRENTLY'
    return /SCHEMA|SYSTEM|DATABASE/.test(tree.ReindexStmt.kind ?? '') ? 'REINDEX of a schema or database' : undefined
  }
  if (tree.AlterTableStmt)
    return detachedPartition(tree.AlterTableStmt)?.concurrent ? 'DETACH PARTITION CONCURRENTLY' : undefined
  if (tree.VacuumStmt?.is_vacuumcmd) return 'VACUUM'
  if (tree.ClusterStmt && !tree.ClusterStmt.relation) return 'CLUSTER without a table'
  if (tree.DiscardStmt?.target === 'DISCARD_ALL') return 'DISCARD ALL'
  if (tree.CreatedbStmt) return 'CREATE DATABASE'
  if (tree.DropdbStmt) return 'DROP DATABASE'
  if (tree.CreateTableSpaceStmt) return 'CREATE TABLESPACE'
  if (tree.DropTableSpaceStmt) return 'DROP TABLESPACE'
  return tree.AlterSystemStmt ? 'ALTER SYSTEM' : undefined
}

/**
 * Whether a statement may itself commit, so that it runs outside of a transaction in a file that asks for none, and again when its
 * end was not seen. A DO block that names no way to commit shares a transaction with its record, and is done once.
 */
export function mayCommit(tree: Tree): boolean {
  return tree.CallStmt !== undefined || /commit|rollback|call|execute/i.test(bodyOf(tree))
}

/** The text of a DO block; empty for every other statement. */
export function bodyOf({ DoStmt }: Tree): string {
  const elements: readonly Tree[] = DoStmt?.args ?? []
  const bodies: readonly (Tree | undefined)[] = elements.map(({ DefElem }) => DefElem?.arg)
  return bodies.map((body) => body?.String?.sval ?? '').join('\n')
}

/** BEGIN, COMMIT, ROLLBACK and the like, which Lotse does itself; savepoints are the file's own business. */
export function controlsTransaction(tree: Tree): string | undefined {
  const kind: string | undefined = tree.TransactionStmt?.kind
  return kind && !/SAVEPOINT|RELEASE|ROLLBACK_TO/.test(kind) ? kind.replace('TRANS_STMT_', '') : undefined
}

export function isConcurrentReindex({ params = [] }: ReindexStmt): boolean {
  return params.some((each: Tree) => each.DefElem?.defname === 'concurrently')
}

export type Detached = { readonly partition: RangeVar; readonly concurrent: boolean }

/** The partition that an ALTER TABLE detaches. */
export function detachedPartition({ cmds = [] }: AlterTableStmt): Detached | undefined {
  const commands = cmds.map(({ AlterTableCmd }: Tree) => AlterTableCmd)
  const definition: Tree | undefined = commands.find((each) => each?.subtype === 'AT_DetachPartition')?.def
  const { name, concurrent = false } = definition?.PartitionCmd ?? {}
  return name && { partition: name, concurrent }
}

/** A relation of the parse tree as quoted SQL, for to_regclass. */
export function relationName({ schemaname, relname }: RangeVar = {}): string {
  return identifier([schemaname, relname].filter((part): part is string => Boolean(part)))
}

/** Whether a statement names its batch as a backfill does: by $1 and $2, and by no other parameter. */
export function namesBatch(tree: Tree): boolean {
  const named = JSON.stringify(tree).matchAll(/"ParamRef":\{"number":(\d+)/g)
  const numbers = new Set([...named].map(([, number]) => number))
  return numbers.size === 2 && numbers.has('1') && numbers.has('2')
}
