import type { Guard } from './guards.ts'
import { relationName } from './relation.ts'
import type { Node } from './statements.ts'

/**
 * DETACH PARTITION CONCURRENTLY works in two transactions; interrupted between them, only FINALIZE goes on
 * (PostgreSQL docs, ALTER TABLE, "DETACH PARTITION").
 */
export function guardDetach(parent: Node, partition: Node): Guard {
  const [from, child] = [relationName(parent), relationName(partition)]
  const sql = `select inhdetachpending as pending from pg_inherits where inhparent = to_regclass($1) and inhrelid = to_regclass($2)`
  return {
    blocksQueries: true,
    before: async ({ session }, again) => {
      const [row] = (await session.query(sql, [from, child])).rows
      if (!row) return again ? 'done' : 'run'
      return row.pending ? { instead: `alter table ${from} detach partition ${child} finalize` } : 'run'
    },
    after: async () => {},
  }
}
