import type { RangeVar } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'
import { nodesOf, strings } from '../rules/alterations.ts'

/** What stands in expressions and queries, by the parser's tree. Pure. */

/** The columns that an expression names; `*` for a whole row. */
export function columnsIn(part: unknown): readonly string[] {
  const found = new Set<string>()
  visit(part, ({ ColumnRef: reference }) => {
    if (reference) found.add(strings(reference.fields).at(-1) ?? '*')
  })
  return [...found]
}

/** The names of the functions that are called, without their schemas. */
export function callsIn(part: unknown): readonly string[] {
  return nodesOf(part, 'FuncCall').map(({ funcname }) => strings(funcname).at(-1) ?? '')
}

/** The tables that a statement changes rows of, also in a WITH. */
export function changedIn(tree: Tree): readonly RangeVar[] {
  const found: RangeVar[] = []
  visit(tree, ({ InsertStmt, UpdateStmt, DeleteStmt, MergeStmt, CopyStmt }) => {
    const relation =
      InsertStmt?.relation ?? UpdateStmt?.relation ?? DeleteStmt?.relation ?? MergeStmt?.relation ?? CopyStmt?.relation
    if (relation) found.push(relation)
  })
  return found
}

function visit(part: unknown, look: (node: Tree) => void): void {
  if (typeof part !== 'object' || part === null) return
  look(part as Tree)
  for (const each of Object.values(part)) visit(each, look)
}
