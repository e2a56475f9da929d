import type { RangeVar } from '@pgsql/types'
import { literal } from '../sql/quote.ts'

/** What the catalogue is asked for. */
export type Asked = {
  readonly relations: RangeVar[]
  readonly types: RangeVar[]
  readonly functions: string[]
  readonly schemas: string[]
}

function values(names: readonly RangeVar[]): string {
  const rows = names.map(
    ({ schemaname, relname }) => `(${literal(schemaname || null)}::name, ${literal(relname)}::name)`,
  )
  return rows.length > 0 ? `values ${rows.join(', ')}` : 'select null::name, null::name where false'
}

const own = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`

const bytesByPages = `c.relpages * current_setting('block_size')::bigint`

/**
 * One query for all that is known of some names, as one row with one JSON value. To see how large a table is takes ACCESS SHARE on it:
 * where somebody holds ACCESS EXCLUSIVE, or waits for it, its size is that of the last VACUUM or ANALYZE.
 */
export function queryFor({ relations, types, functions, schemas }: Asked, patient: boolean): string {
  const free = patient ? 'c.oid not in (select relation from held)' : 'false'
  const unlessHeld = (exact: string, share: string): string =>
    `case when ${free} then ${exact} else ${bytesByPages}${share} end`
  const heapBytes = unlessHeld('pg_relation_size(c.oid)', '')
  const bytes = unlessHeld('pg_table_size(c.oid)', '')
  const indexBytes = unlessHeld('pg_indexes_size(c.oid)', ' / 2')
  const names = (array: string, of: string): string =>
    `(select coalesce(json_agg(a.attname order by k.at), '[]') from unnest(${array}) with ordinality as k(number, at)
       join pg_attribute a on a.attrelid = ${of} and a.attnum = k.number)`
  return `with recursive held as materialized (
    select relation from pg_locks where mode = 'AccessExclusiveLock' and relation is not null),
  used as materialized (
    select distinct on (l.relation) l.relation, a.pid, a.application_name as name,
           (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint as age
      from pg_locks l join pg_stat_activity a on a.pid = l.pid and a.datname = current_database()
     where l.granted and l.relation is not null and a.pid <> pg_backend_pid() and a.xact_start is not null
     order by l.relation, a.xact_start),
  asked(schema, name) as (${values(relations)}),
  found as (
    select distinct on (asked.schema, asked.name) asked.schema as asked_schema, asked.name as asked, c.oid, c.relkind
      from asked join pg_class c on c.relname = asked.name join pg_namespace n on n.oid = c.relnamespace
     where case when asked.schema is null then ${own} else n.nspname = asked.schema end
     order by asked.schema, asked.name, pg_table_is_visible(c.oid) desc, c.relpages desc),
  asked_type(schema, name) as (${values(types)}),
  type as (
    select distinct on (a.schema, a.name) a.schema as asked_schema, a.name as asked, t.*, n.nspname
      from asked_type a join pg_type t on t.typname = a.name join pg_namespace n on n.oid = t.typnamespace
     where case when a.schema is null then ${own} else n.nspname = a.schema end
     order by a.schema, a.name, pg_type_is_visible(t.oid) desc),
  base as (
    select coalesce(i.indrelid, f.oid) as oid from found f left join pg_index i on i.indexrelid = f.oid
    union select a.attrelid from type t join pg_attribute a on a.atttypid = t.oid where t.typtype = 'd' and not a.attisdropped),
  near as (
    select oid from base
    union select confrelid from pg_constraint where contype = 'f' and conrelid in (select oid from base)
    union select conrelid from pg_constraint where contype = 'f' and confrelid in (select oid from base)
    union select inhparent from pg_inherits where inhrelid in (select oid from base)
    union select partdefid from pg_partitioned_table where partrelid in (select oid from base) and partdefid <> 0),
  leaf(root, oid) as (
    select oid, oid from near where oid <> 0
    union all select leaf.root, i.inhrelid from leaf join pg_inherits i on i.inhparent = leaf.oid
      join pg_class p on p.oid = leaf.oid and p.relkind = 'p'),
  size as (
    select leaf.root as oid, sum(${heapBytes})::bigint as heap_bytes, sum(${bytes})::bigint as bytes, sum(${indexBytes})::bigint as index_bytes,
           sum(case when c.reltuples < 0 then null when c.relpages = 0 then c.reltuples
                else c.reltuples * (${heapBytes} / current_setting('block_size')::bigint)::float8 / c.relpages end)::bigint as rows
      from leaf join pg_class c on c.oid = leaf.oid where c.relkind in ('r', 'm', 't') group by leaf.root),
  "table" as (
    select n.nspname || '.' || c.relname as key, json_build_object(
      'key', n.nspname || '.' || c.relname, 'kind', c.relkind,
      'heapBytes', size.heap_bytes, 'bytes', size.bytes, 'indexBytes', size.index_bytes, 'rows', size.rows,
      'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'type', t.typname, 'modifier', a.atttypmod,
          'notNull', a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '')), '[]')
        from pg_attribute a join pg_type t on t.oid = a.atttypid
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'indexes', (select coalesce(json_agg(json_build_object('name', x.relname, 'valid', i.indisvalid, 'unique', i.indisunique,
          'columns', ${names('i.indkey::int2[]', 'c.oid')})), '[]')
        from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid),
      'constraints', (select coalesce(json_agg(json_build_object('name', o.conname, 'type', o.contype, 'valid', o.convalidated,
          'columns', ${names('o.conkey', 'c.oid')},
          'target', (select m.nspname || '.' || g.relname from pg_class g join pg_namespace m on m.oid = g.relnamespace where g.oid = o.confrelid),
          'text', case when o.contype = 'c' and ${free} then pg_get_constraintdef(o.oid) end)), '[]')
        from pg_constraint o where o.conrelid = c.oid),
      'referencedBy', (select coalesce(json_agg(distinct m.nspname || '.' || g.relname), '[]')
        from pg_constraint o join pg_class g on g.oid = o.conrelid join pg_namespace m on m.oid = g.relnamespace
       where o.contype = 'f' and o.confrelid = c.oid),
      'parent', (select m.nspname || '.' || g.relname from pg_inherits i join pg_class g on g.oid = i.inhparent
        join pg_namespace m on m.oid = g.relnamespace where i.inhrelid = c.oid and c.relispartition limit 1),
      'defaultPartition', (select m.nspname || '.' || g.relname from pg_partitioned_table p join pg_class g on g.oid = p.partdefid
        join pg_namespace m on m.oid = g.relnamespace where p.partrelid = c.oid),
      'partitionKey', (select a.attname from pg_partitioned_table p
        join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] where p.partrelid = c.oid),
      'publications', (select coalesce(json_agg(distinct pubname), '[]') from pg_publication_tables p
        where p.schemaname = n.nspname and p.tablename = c.relname),
      'usedBy', (select json_build_object('pid', pid, 'name', name, 'age', age) from used where used.relation = c.oid),
      'listed', (select coalesce(json_agg(json_build_object('publication', p.pubname, 'only', to_jsonb(r) ->> 'prattrs' is not null,
          'columns', (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_depend d
            join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
           where d.classid = 'pg_publication_rel'::regclass and d.objid = r.oid and d.refobjid = c.oid and d.refobjsubid > 0))), '[]')
        from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = c.oid),
      'replicaIdentity', c.relreplident, 'rowSecurity', c.relrowsecurity,
      'sourceBytes', (select sum(s.relpages)::bigint * current_setting('block_size')::bigint from pg_class s where c.relkind = 'm' and s.oid in
        (select d.refobjid from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
          where r.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid))) as facts
      from near join pg_class c on c.oid = near.oid join pg_namespace n on n.oid = c.relnamespace left join size on size.oid = c.oid)
select json_build_object(
  'version', current_setting('server_version_num')::int, 'timeZone', current_setting('TimeZone'),
  'schema', coalesce(current_schema(), 'public'),
  'slots', (select coalesce(json_agg(json_build_object('name', slot_name, 'own', database = current_database(), 'plugin', plugin, 'active', active,
      'retained', pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)::bigint)
      order by slot_name), '[]') from pg_replication_slots where not temporary),
  'publishing', (select coalesce(json_agg(json_build_object('publication', pubname, 'changes', pubupdate or pubdelete) order by pubname), '[]')
    from pg_publication where puballtables),
  'tables', (select coalesce(json_agg(facts), '[]') from "table"),
  'asked', (select coalesce(json_agg(json_build_array(f.asked_schema, f.asked,
      (select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = coalesce(i.indrelid, f.oid)), i.indrelid is not null)), '[]')
    from found f left join pg_index i on i.indexrelid = f.oid),
  'types', (select coalesce(json_agg(json_build_array(t.asked_schema, t.asked, t.typtype,
      t.typnotnull or exists (select from pg_constraint o where o.contypid = t.oid),
      (select coalesce(json_agg(distinct n.nspname || '.' || c.relname), '[]') from pg_attribute a join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
       where a.atttypid = t.oid and not a.attisdropped and c.relkind in ('r', 'p')))), '[]') from type t),
  'schemas', (select coalesce(json_agg(n.nspname), '[]') from pg_namespace n where n.nspname = any(array[${schemas.map(literal).join(', ')}]::name[])
    and (exists (select from pg_class c where c.relnamespace = n.oid) or exists (select from pg_proc p where p.pronamespace = n.oid)
      or exists (select from pg_type t where t.typnamespace = n.oid))),
  'functions', (select coalesce(json_agg(json_build_array(proname, volatility)), '[]') from
    (select proname, max(provolatile) as volatility from pg_proc
      where proname = any(array[${functions.map(literal).join(', ')}]::name[]) group by proname) as f)) as facts`
}
