import type { Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/plan.ts'
import { locate, offsetOfPosition } from './place.ts'
import { controlsTransaction, needsNoTransaction } from './rules.ts'
import type { Statement } from './statements.ts'

/** Words without which no statement can be one that the rules are about; they spare most files the parser. */
const suspicious =
  /\b(concurrently|vacuum|commit|rollback|begin|start\s+transaction|end|abort|prepare\s+transaction|(create|drop)\s+(database|tablespace)|alter\s+system|reindex|cluster|discard)\b/i

/**
 * Finds what would fail half-way, in the files that a run would apply, before anything runs: statements that cannot run in a
 * transaction, files that control their transaction themselves, and in files without a transaction what could not be resumed.
 */
export async function checkSteps(steps: readonly Migration[]): Promise<Refusal[]> {
  const sql = steps.filter(
    ({ kind, text, directives }) => kind === 'sql' && (!directives.transaction || suspicious.test(text)),
  )
  if (sql.length === 0) return []
  const { splitStatements, ParseError } = await import('./statements.ts')
  const refusals: Refusal[] = []
  for (const migration of sql) {
    try {
      const statements = await splitStatements(migration.text)
      refusals.push(...statements.flatMap((statement) => judge(migration, statement)))
    } catch (error) {
      // PostgreSQL itself explains an error of a file that it is sent whole.
      if (migration.directives.transaction || !(error instanceof ParseError)) continue
      const line = error.position
        ? locate(migration.text, offsetOfPosition(migration.text, Number(error.position))).line
        : 1
      refusals.push({ kind: 'syntax', file: migration.file, line, message: error.message })
    }
  }
  return refusals
}

function judge({ file, text, directives }: Migration, { tree, offset }: Statement): Refusal[] {
  const { line } = locate(text, offset)
  const control = controlsTransaction(tree)
  if (control) return [{ kind: 'controlsTransaction', file, line, statement: control }]
  const alone = needsNoTransaction(tree)
  if (alone && directives.transaction) return [{ kind: 'needsNoTransaction', file, line, statement: alone }]
  if (tree.VariableSetStmt && !directives.transaction)
    return [{ kind: 'setting', file, line, name: tree.VariableSetStmt.name ?? '' }]
  if (tree.IndexStmt?.concurrent && !tree.IndexStmt.idxname) return [{ kind: 'unnamedIndex', file, line }]
  return []
}
