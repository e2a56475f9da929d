import type { Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/refusal.ts'
import { namesBatch } from '../sql/kinds.ts'
import { splitStatements, type Tree } from '../sql/parse.ts'
import { locate } from '../sql/place.ts'

/**
 * What keeps a backfill from going batch by batch: it has to be one UPDATE, DELETE or INSERT … SELECT that names its batch, from `$1`
 * to `$2`, or a script that exports `batch` and no `up`. Text that is no SQL is left to PostgreSQL, which explains it better. Throws MigrationFailed for a
 * script that cannot be loaded.
 */
export async function refusedBackfill(migration: Migration): Promise<Refusal[]> {
  const { file, text, kind } = migration
  if (kind !== 'sql') {
    const { batch, up } = await (await import('./script.ts')).load(migration)
    if (typeof batch !== 'function') return [{ kind: 'backfillShape', file, line: 1, fault: 'noBatch' }]
    return up ? [{ kind: 'backfillShape', file, line: 1, fault: 'upBeside' }] : []
  }
  const statements = await splitStatements(text).catch(() => undefined)
  if (!statements) return []
  const [first, second] = statements
  const at = (offset: number): number => locate(text, offset).line
  if (!first) return [{ kind: 'backfillShape', file, line: 1, fault: 'none' }]
  if (second) return [{ kind: 'backfillShape', file, line: at(second.offset), fault: 'several' }]
  const line = at(first.offset)
  if (!isChange(first.tree)) return [{ kind: 'backfillShape', file, line, fault: 'other' }]
  return namesBatch(first.tree) ? [] : [{ kind: 'backfillShape', file, line, fault: 'unbounded' }]
}

function isChange({ UpdateStmt, DeleteStmt, InsertStmt }: Tree): boolean {
  const source: Tree | undefined = InsertStmt?.selectStmt
  return UpdateStmt !== undefined || DeleteStmt !== undefined || source?.SelectStmt?.fromClause !== undefined
}
