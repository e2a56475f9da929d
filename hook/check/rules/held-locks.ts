import type { RangeVar } from '@pgsql/types'
import type { Lock } from '../../migration/finding.ts'
import type { Tree } from '../../sql/parse.ts'
import { alterationsOf, constraintsOf, droppedNames, relationOf } from './alterations.ts'
import { type Facts, type Table, tableOf } from './facts.ts'

/** A lock that a statement keeps until its transaction ends. */
export type Held = { readonly table: Table; readonly lock: Lock }

/** Commands of ALTER TABLE that lock out DDL alone, measured on PostgreSQL 12 and 14 to 18. */
const weak =
  /^AT_(SetStatistics|SetRelOptions|ResetRelOptions|ValidateConstraint|AttachPartition|SetOptions|ResetOptions)$/
const blocksWrites = /^AT_(Enable|Disable)\w*Trig/

/** The tables that a statement keeps from writers, or from readers and writers, for the rest of its transaction. */
export function heldLocks(tree: Tree, facts: Facts): readonly Held[] {
  const held = (relation: RangeVar | undefined, lock: Lock): Held[] =>
    relation ? [{ table: tableOf(facts, relation), lock }] : []
  const altered = alterationsOf(tree).flatMap(({ relation, kind, constraint }): Held[] => {
    if (weak.test(kind)) return []
    if (constraint?.contype === 'CONSTR_FOREIGN')
      return [...held(relation, 'SHARE ROW EXCLUSIVE'), ...held(constraint.pktable, 'SHARE ROW EXCLUSIVE')]
    return held(relation, blocksWrites.test(kind) ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE')
  })
  const dropped = ['OBJECT_TABLE', 'OBJECT_VIEW']
    .flatMap((type) => droppedNames(tree, type))
    .flatMap((names) => held(relationOf(names), 'ACCESS EXCLUSIVE'))
  const truncated = (tree.TruncateStmt?.relations ?? []).flatMap(({ RangeVar }: Tree) =>
    held(RangeVar, 'ACCESS EXCLUSIVE'),
  )
  const renamed =
    tree.RenameStmt?.renameType === 'OBJECT_INDEX'
      ? undefined
      : (tree.RenameStmt?.relation ?? tree.AlterObjectSchemaStmt?.relation)
  const indexed = tree.IndexStmt && !tree.IndexStmt.concurrent ? held(tree.IndexStmt.relation, 'SHARE') : []
  return [
    ...altered,
    ...dropped,
    ...truncated,
    ...held(renamed, 'ACCESS EXCLUSIVE'),
    ...indexed,
    ...referencedTables(tree).flatMap((relation) => held(relation, 'SHARE ROW EXCLUSIVE')),
    ...held(tree.CreateTrigStmt?.relation, 'SHARE ROW EXCLUSIVE'),
  ]
}

/** Foreign keys that a CREATE TABLE declares, each with the table that it refers to. */
function referencedTables({ CreateStmt: statement }: Tree): readonly RangeVar[] {
  const elements: readonly Tree[] = statement?.tableElts ?? []
  const constraints = elements.flatMap(({ Constraint, ColumnDef }) =>
    ColumnDef ? constraintsOf(ColumnDef) : (Constraint ?? []),
  )
  return constraints.flatMap(({ contype, pktable }) => (contype === 'CONSTR_FOREIGN' && pktable ? [pktable] : []))
}
