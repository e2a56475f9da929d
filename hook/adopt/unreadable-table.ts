import type { Refusal } from '../migration/refusal.ts'
import type { OtherHistory } from './known-table.ts'

/** The refusal of a table that the role may not read, wholly or in part. */
export function hidden({ known, schema, table, sql, readable, grants, owner, owners }: OtherHistory): Refusal {
  const rest = readable
    ? { grants: [`ALTER TABLE ${sql} DISABLE ROW LEVEL SECURITY`], owners: [owner] }
    : { grants, owners }
  return { kind: 'otherHistoryHidden', tools: known.map(({ tool }) => tool), table: `${schema}.${table}`, ...rest }
}
