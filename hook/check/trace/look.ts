import type { Session } from '../../database/session.ts'

/** What a session sees of relations, its own open transaction included. Asked between two statements; waits for nobody but it. */

/** A relation as it is now. */
export type Relation = {
  readonly oid: number
  /** Schema and name; undefined when it is gone and only a lock of it is left. */
  readonly key: string | undefined
  /** pg_class.relkind. */
  readonly kind: string
  /** Its file: another one after a rewrite. 0 where it has none. */
  readonly file: number
  /** Of an index, its table; of a partition, its parent. */
  readonly owner: number | undefined
  readonly bytes: number
  /** Modes in which this session holds it. */
  readonly modes: readonly string[]
  readonly scanned: number
  readonly changed: number
}

export type Look = { readonly relations: ReadonlyMap<number, Relation>; readonly wal: number }

/**
 * Looks at every relation (`all`), or in a transaction at those that it has locked, with their indexes: it can have changed no other. Counters are those of the
 * open transaction, or, of `all`, those of the server.
 */
export async function look(session: Session, all: boolean, counted: 'transaction' | 'server'): Promise<Look> {
  const counters = counted === 'transaction' ? 'pg_stat_xact_user_tables' : 'pg_stat_user_tables'
  const { rows } = await session.query(`
    with held as materialized (
      select relation as oid, array_agg(mode) as modes from pg_catalog.pg_locks
       where pid = pg_backend_pid() and locktype = 'relation' and granted
         and database = (select oid from pg_catalog.pg_database where datname = current_database())
       group by relation),
    seen as (
      ${
        all
          ? 'select oid from pg_catalog.pg_class union select oid from held'
          : 'select oid from held union select indexrelid from pg_catalog.pg_index where indrelid in (select oid from held)'
      })
    select seen.oid::int8 as oid, n.nspname || '.' || c.relname as key, coalesce(c.relkind, 'r') as kind,
           coalesce(pg_relation_filenode(c.oid), 0)::int8 as file, coalesce(i.indrelid, h.inhparent)::int8 as owner,
           case when c.relkind in ('r', 'm') then coalesce(pg_total_relation_size(c.oid), 0) else 0 end as bytes,
           coalesce(held.modes, '{}') as modes,
           coalesce(s.seq_tup_read, 0) as scanned, coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) as changed
      from seen left join pg_catalog.pg_class c on c.oid = seen.oid left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join held on held.oid = seen.oid left join pg_catalog.pg_index i on i.indexrelid = seen.oid
      left join pg_catalog.pg_inherits h on h.inhrelid = seen.oid and h.inhseqno = 1
      left join pg_catalog.${counters} s on s.relid = seen.oid
     where c.oid is null or c.relkind in ('r', 'p', 'm', 'v', 'i', 'I')
       and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`)
  const written = await session.query(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as wal`)
  const relations = rows.map((row): [number, Relation] => [
    Number(row.oid),
    {
      oid: Number(row.oid),
      key: row.key ?? undefined,
      kind: row.kind,
      file: Number(row.file),
      owner: row.owner === null ? undefined : Number(row.owner),
      bytes: Number(row.bytes),
      modes: row.modes.map(modeName),
      scanned: Number(row.scanned),
      changed: Number(row.changed),
    },
  ])
  return { relations: new Map(relations), wal: Number(written.rows[0].wal) }
}

/** Lock modes of tables, from the weakest on (PostgreSQL docs 13.3.1). */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]

/** `AccessExclusiveLock`, as pg_locks has it, in the words of the documentation. */
export function modeName(mode: string): string {
  return mode
    .replace(/Lock$/, '')
    .replace(/(?!^)[A-Z]/g, ' $&')
    .toUpperCase()
}

/** The strongest of some modes; undefined for none. */
export function strongest(modes: readonly string[]): string | undefined {
  return lockModes.findLast((mode) => modes.includes(mode))
}
