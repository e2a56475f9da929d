import type { Run } from './run.ts'

/** An index of the catalogue: its name as quoted SQL, and the process that may be building it. */
export type Index = { readonly name: string; readonly valid: boolean; readonly builder: number | null }

/**
 * An invalid index was left by a build that was interrupted, or one goes on elsewhere: that one holds a ShareUpdateExclusiveLock on
 * the table, which every role may see in pg_locks, while pg_stat_progress_create_index hides other roles' builds.
 */
const indexSql = `
  select format('%I.%I', n.nspname, c.relname) as name, i.indisvalid as valid,
         (select min(l.pid) from pg_locks l where l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock' and l.granted
             and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database()))
           as builder
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'i' and `

/** The indexes that fulfil a condition on c (pg_class) and i (pg_index). */
export async function indexesWhere({ session }: Run, condition: string, values: readonly unknown[]): Promise<Index[]> {
  return (await session.query(indexSql + condition, [...values])).rows
}

/** Drops an index that an interrupted build left, and says so. */
export async function dropIndex({ session, emit }: Run, { name }: Index): Promise<void> {
  emit({ event: 'index.repaired', index: name })
  await session.query(`drop index concurrently if exists ${name}`)
}
