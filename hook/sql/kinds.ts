import { identifier } from '../sql/quote.ts'
import type { Node, Tree } from './parse.ts'

/** What PostgreSQL refuses inside a transaction block (25001), by the statement's name; undefined for everything else. */
export function needsNoTransaction(tree: Tree): string | undefined {
  const [kind = '', node] = Object.entries(tree)[0] ?? []
  switch (kind) {
    case 'IndexStmt':
      return node.concurrent ? 'CREATE INDEX CONCURRENTLY' : undefined
    case 'DropStmt':
      return node.concurrent ? 'DROP INDEX CONCURRENTLY' : undefined
    case 'ReindexStmt':
      if (isConcurrentReindex(node)) return 'REINDEX CONCURRENTLY'
      return /SCHEMA|SYSTEM|DATABASE/.test(node.kind) ? 'REINDEX of a schema or database' : undefined
    case 'AlterTableStmt':
      return detachedPartition(node)?.concurrent ? 'DETACH PARTITION CONCURRENTLY' : undefined
    case 'VacuumStmt':
      return node.is_vacuumcmd ? 'VACUUM' : undefined
    case 'ClusterStmt':
      return node.relation ? undefined : 'CLUSTER without a table'
    case 'DiscardStmt':
      return node.target === 'DISCARD_ALL' ? 'DISCARD ALL' : undefined
    default:
      return {
        CreatedbStmt: 'CREATE DATABASE',
        DropdbStmt: 'DROP DATABASE',
        CreateTableSpaceStmt: 'CREATE TABLESPACE',
        DropTableSpaceStmt: 'DROP TABLESPACE',
        AlterSystemStmt: 'ALTER SYSTEM',
      }[kind]
  }
}

/**
 * Whether a statement may itself commit, so that it runs outside of a transaction in a file that asks for none, and again when its
 * end was not seen. A DO block that names no way to commit shares a transaction with its record, and is done once.
 */
export function mayCommit(tree: Tree): boolean {
  const body = (tree.DoStmt?.args ?? []).map((each: Node) => each.DefElem?.arg?.String?.sval ?? '').join('\n')
  return 'CallStmt' in tree || /commit|rollback|call|execute/i.test(body)
}

/** BEGIN, COMMIT, ROLLBACK and the like, which Lotse does itself; savepoints are the file's own business. */
export function controlsTransaction(tree: Tree): string | undefined {
  const kind: string | undefined = tree.TransactionStmt?.kind
  return kind && !/SAVEPOINT|RELEASE|ROLLBACK_TO/.test(kind) ? kind.replace('TRANS_STMT_', '') : undefined
}

export function isConcurrentReindex(node: Node): boolean {
  return (node.params ?? []).some((each: Node) => each.DefElem?.defname === 'concurrently')
}

export type Detached = { readonly partition: Node; readonly concurrent: boolean }

/** The partition that an ALTER TABLE detaches. */
export function detachedPartition(node: Node): Detached | undefined {
  const command = (node.cmds ?? []).find((each: Node) => each.AlterTableCmd?.subtype === 'AT_DetachPartition')
  const definition = command?.AlterTableCmd.def?.PartitionCmd
  return definition && { partition: definition.name, concurrent: definition.concurrent === true }
}

/** A relation of the parse tree as quoted SQL, for to_regclass. */
export function relationName({ schemaname, relname }: Node): string {
  return identifier([schemaname, relname].filter(Boolean))
}
