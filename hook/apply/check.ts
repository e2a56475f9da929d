import type { Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/plan.ts'
import { piecesOf } from './pieces.ts'
import { locate, offsetOfPosition } from './place.ts'
import { controlsTransaction, needsNoTransaction } from './rules.ts'
import { withoutQuotedSecrets } from './secrets.ts'
import type { Tree } from './statements.ts'

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
  const refusals: Refusal[] = []
  for (const migration of sql) {
    for (const part of partsOf(migration)) {
      const { splitStatements, ParseError } = await import('./statements.ts')
      try {
        const statements = await splitStatements(part.sql)
        refusals.push(...statements.flatMap(({ tree, offset }) => judge(migration, tree, part.offset + offset)))
      } catch (error) {
        // PostgreSQL itself explains an error of a file that it is sent whole.
        if (migration.directives.transaction || !(error instanceof ParseError)) continue
        const line = error.position
          ? locate(migration.text, offsetOfPosition(migration.text, Number(error.position))).line
          : 1
        refusals.push({ kind: 'syntax', file: migration.file, line, message: withoutQuotedSecrets(error.message) })
      }
    }
  }
  return refusals
}

/** What the parser has to see: a file that is split by it whole, of any other the statements whose own words are suspicious. */
function partsOf({ text, directives }: Migration): readonly { readonly offset: number; readonly sql: string }[] {
  if (!directives.transaction) return [{ offset: 0, sql: text }]
  return piecesOf(text).filter(({ outline }) => suspicious.test(outline))
}

function judge({ file, text, directives }: Migration, tree: Tree, offset: number): Refusal[] {
  const place = (): { file: string; line: number } => ({ file, line: locate(text, offset).line })
  const control = controlsTransaction(tree)
  if (control) return [{ kind: 'controlsTransaction', ...place(), statement: control }]
  const alone = needsNoTransaction(tree)
  if (alone && directives.transaction) return [{ kind: 'needsNoTransaction', ...place(), statement: alone }]
  if (tree.VariableSetStmt && !directives.transaction)
    return [{ kind: 'setting', ...place(), name: tree.VariableSetStmt.name ?? '' }]
  if (tree.IndexStmt?.concurrent && !tree.IndexStmt.idxname) return [{ kind: 'unnamedIndex', ...place() }]
  return []
}
