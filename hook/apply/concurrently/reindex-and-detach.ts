import type { RangeVar, ReindexStmt } from '@pgsql/types'
import { relationName } from '../../sql/kinds.ts'
import { dropIndex, type Index, indexesWhere, untilNotBuilding } from './index-build.ts'
import type { Resumption, Run } from './resumption.ts'

/**
 * An interrupted REINDEX CONCURRENTLY leaves a copy named …_ccnew or …_ccold (PostgreSQL docs, REINDEX), on the table, on any of its
 * partitions, or on the TOAST table of one of them.
 */
export function resumeReindex({ kind, relation, name }: ReindexStmt): Resumption {
  const ofIndex = 'select indrelid from pg_index where indexrelid = to_regclass($1)'
  const [tables, value] =
    kind === 'REINDEX_OBJECT_INDEX'
      ? [`${ofIndex} union select relid from pg_partition_tree((${ofIndex}))`, relationName(relation)]
      : kind === 'REINDEX_OBJECT_TABLE'
        ? ['select to_regclass($1) union select relid from pg_partition_tree(to_regclass($1))', relationName(relation)]
        : kind === 'REINDEX_OBJECT_SCHEMA'
          ? ['select c.oid from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = $1', name]
          : ['select oid from pg_class where $1 = $1', '']
  const on = `select oid from pg_class where oid in (${tables}) union select reltoastrelid from pg_class where oid in (${tables})`
  const leftovers = (run: Run): Promise<Index[]> =>
    indexesWhere(run, `i.indrelid in (${on}) and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'`, [value])
  return {
    blocksQueries: false,
    before: async (run) => {
      // The statement itself would wait for the same lock: that of a vacuum, or of somebody who reindexes.
      const next = (): Promise<Index | undefined> => untilNotBuilding(run, async () => (await leftovers(run))[0])
      for (let index = await next(); index; index = await next()) await dropIndex(run, index)
      return 'run'
    },
    after: async () => {},
  }
}

/**
 * DETACH PARTITION CONCURRENTLY works in two transactions; interrupted between them, only FINALIZE goes on
 * (PostgreSQL docs, ALTER TABLE, "DETACH PARTITION").
 */
export function resumeDetach(parent: RangeVar | undefined, partition: RangeVar): Resumption {
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
