import type { Guard } from './guards.ts'
import { dropIndex, type Index, indexesWhere } from './indexes.ts'
import { relationName } from './relation.ts'
import type { Run } from './run.ts'
import type { Node } from './statements.ts'

/**
 * An interrupted REINDEX CONCURRENTLY leaves a copy named …_ccnew or …_ccold (PostgreSQL docs, REINDEX), on the table, on any of its
 * partitions, or on the TOAST table of one of them.
 */
export function guardReindex({ kind, relation, name }: Node): Guard {
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
      for (const index of await leftovers(run)) if (index.builder === null) await dropIndex(run, index)
      return 'run'
    },
    after: async () => {},
  }
}
