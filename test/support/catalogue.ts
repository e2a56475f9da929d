import type { TestDatabase } from './database.ts'

/** Everything that migrations can have left in a database: its catalogue as text, and every row of every table. */
const everything = `
  with own as (
    select c.oid, c.relname, c.relkind, n.nspname, format('%I.%I', n.nspname, c.relname) as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname !~ '^pg_|^information_schema$|^drizzle$' and c.relname <> all ($1)
       and not exists (select from pg_depend d join pg_class t on t.oid = d.refobjid
                        where d.objid = c.oid and d.classid = 'pg_class'::regclass and t.relname = any ($1))
       and not exists (select from pg_index i join pg_class t on t.oid = i.indrelid where i.indexrelid = c.oid and t.relname = any ($1))
  )
  select 'relation' as kind, name, relkind::text || coalesce(pg_get_viewdef(case when relkind = 'v' then oid end), '') as text from own
  union all
  select 'rows', name, query_to_xml(format('select %s from %s order by 1', columns, name), true, false, '')::text
    from own, lateral (select string_agg(case attname when 'touched' then 'touched is null as touched' else quote_ident(attname) end, ', ' order by attnum) as columns
                         from pg_attribute where attrelid = own.oid and attnum > 0 and not attisdropped) as c
   where relkind = 'r'
  union all
  select 'column', name || '.' || attname,
         concat_ws(' ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end, attidentity, pg_get_expr(adbin, adrelid))
    from own join pg_attribute on attrelid = own.oid left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where relkind in ('r', 'v') and attnum > 0 and not attisdropped
  union all
  select 'index', name, pg_get_indexdef(oid) || (select case when indisvalid then '' else ' INVALID' end from pg_index where indexrelid = oid)
    from own where relkind = 'i'
  union all
  select 'constraint', name || '.' || conname, pg_get_constraintdef(c.oid) from own join pg_constraint c on conrelid = own.oid
  union all
  select 'trigger', name || '.' || tgname, pg_get_triggerdef(t.oid) from own join pg_trigger t on tgrelid = own.oid where not tgisinternal
  union all
  -- In an empty line of a file with CRLF, the end differs by who reads it.
  select 'function', p.oid::regprocedure::text, replace(pg_get_functiondef(p.oid), E'\\r', '') from pg_proc p
   where pronamespace = 'public'::regnamespace
  union all
  select 'enum', enumtypid::regtype::text, string_agg(enumlabel, ',' order by enumsortorder) from pg_enum group by enumtypid
  order by 1, 2, 3`

/** The schema and the data of a database, without the tables named, to compare with another's. */
export async function catalogue({ query }: TestDatabase, without: readonly string[]): Promise<unknown> {
  return await query(everything, [without])
}
