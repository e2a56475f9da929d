import type { RangeVar } from '@pgsql/types'
import type { AskingSession } from '../../database/session.ts'
import { literal } from '../../sql/quote.ts'

/** A table as this login sees it before the run. */
export type Relation = {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_class.relkind. */
  readonly kind: string
  /** Whether this login may read it, and whether row level security hides rows from it. */
  readonly readable: boolean
  readonly filtered: boolean
  readonly role: string
  /** Columns of its primary key, else of another unique index without nulls; empty where there is none. */
  readonly key: readonly string[]
  readonly primary: boolean
  readonly columns: readonly { readonly name: string; readonly type: string; readonly notNull: boolean }[]
  /** The oids of tables whose rows may change with its rows: by inheritance, partitions, and cascades of foreign keys. */
  readonly reach: readonly number[]
  /** Whether a write of these runs a trigger or a rule of somebody's. */
  readonly triggers: boolean
  /** Columns of its primary key alone. */
  readonly primaryKey: readonly string[]
  /** Constraints that are NOT VALID. */
  readonly unproven: readonly Unproven[]
}

export type Unproven = {
  readonly name: string
  readonly type: string
  readonly columns: readonly string[]
  readonly expression: string | null
  readonly target: { readonly schema: string; readonly name: string } | null
  readonly targetColumns: readonly string[]
  readonly full: boolean
}

/** What opens a look at rows: nothing can be written, and nothing waits for long. `limit` in milliseconds. */
export function lookOf(sql: string, settings: readonly string[], limit: number): string {
  return [
    'begin isolation level repeatable read read only',
    ...settings,
    'set local jit = off',
    `set local lock_timeout = '200ms'`,
    `set local statement_timeout = ${Math.ceil(limit)}`,
    sql,
    'rollback',
  ].join(';\n')
}

/** Runs a query by itself in a read-only transaction, which is over when this returns. Throws what the server says. */
export async function look<Row>(
  session: AskingSession,
  sql: string,
  settings: readonly string[],
  limit: number,
): Promise<readonly Row[]> {
  try {
    return (await session.queries(lookOf(sql, settings, limit))).at(-2)?.rows ?? []
  } catch (error) {
    await session.cleanUp('rollback')
    throw error
  }
}

/** The tables of some names, under some settings; undefined for a name that leads to no table. */
export async function readRelations(
  session: AskingSession,
  names: readonly RangeVar[],
  settings: readonly string[],
  limit: number,
): Promise<readonly (Relation | undefined)[]> {
  if (names.length === 0) return []
  const [row] = await look<{ found: (Relation & { number: number })[] }>(session, queryFor(names), settings, limit)
  const found = new Map(row?.found.map((each) => [each.number, isSecretive(each.key) ? { ...each, key: [] } : each]))
  return names.map((_, number) => found.get(number))
}

/** Whether a key may be something that nobody should read in a log. */
export function isSecretive(key: readonly string[]): boolean {
  return key.some((column) => /passw|secret|token|credential|session|api_?key/i.test(column))
}

/** Functions among these names that may write: written in another language than C, volatile, and not PostgreSQL's own. */
export async function readWriters(
  session: AskingSession,
  names: readonly string[],
  limit: number,
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const rows = await look<{ name: string }>(
    session,
    `select distinct p.proname as name from pg_proc p join pg_language l on l.oid = p.prolang
      where p.proname = any(array[${names.map(literal).join(', ')}]::name[]) and p.provolatile = 'v'
        and p.pronamespace <> 'pg_catalog'::regnamespace and l.lanname not in ('c', 'internal')`,
    [],
    limit,
  )
  return new Set(rows.map(({ name }) => name))
}

function queryFor(names: readonly RangeVar[]): string {
  const asked = names.map(
    ({ schemaname, relname }, number) => `(${number}, ${literal(schemaname || null)}::name, ${literal(relname)}::name)`,
  )
  const columns = (array: string, of: string): string =>
    `(select coalesce(json_agg(a.attname order by k.at), '[]') from unnest(${array}) with ordinality as k(number, at)
       join pg_attribute a on a.attrelid = ${of} and a.attnum = k.number)`
  const readable = `has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')`
  return `with asked(number, schema, name) as (values ${asked.join(', ')}),
  found as (
    select asked.number, t.* from asked cross join lateral (
      select c.oid, c.relname, c.relkind, c.relnamespace, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relname = asked.name and c.relkind in ('r', 'p', 'v', 'f')
         and case when asked.schema is null then pg_table_is_visible(c.oid) else n.nspname = asked.schema end limit 1) as t)
  select coalesce(json_agg(json_build_object(
    'number', c.number, 'oid', c.oid::bigint, 'schema', c.nspname, 'name', c.relname, 'kind', c.relkind, 'role', current_user,
    'readable', ${readable}, 'filtered', row_security_active(c.oid),
    'key', coalesce(key.columns, '[]'), 'primary', coalesce(key.indisprimary, false),
    'primaryKey', coalesce(main.columns, '[]'),
    'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'type', t.typname, 'notNull', a.attnotnull
        and not exists (select from pg_constraint o where o.conrelid = c.oid and o.contype = 'n' and not o.convalidated and a.attnum = any(o.conkey)))), '[]')
      from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'reach', reach.oids, 'triggers', reach.triggers,
    'unproven', (select coalesce(json_agg(json_build_object('name', o.conname, 'type', o.contype, 'columns', ${columns('o.conkey', 'c.oid')},
        'expression', case when o.contype = 'c' then pg_get_expr(o.conbin, o.conrelid) end,
        'target', (select json_build_object('schema', m.nspname, 'name', g.relname) from pg_class g join pg_namespace m on m.oid = g.relnamespace
          where g.oid = o.confrelid),
        'targetColumns', ${columns('o.confkey', 'o.confrelid')}, 'full', o.confmatchtype = 'f')), '[]')
      from pg_constraint o where o.conrelid = c.oid and not o.convalidated)
  )), '[]') as found
  from found c
  left join lateral (
    select i.indisprimary, ${columns('(i.indkey::int2[])[0:i.indnkeyatts - 1]', 'c.oid')} as columns from pg_index i
     where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
       and not exists (select from pg_attribute a where a.attrelid = c.oid and not a.attnotnull
         and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1]))
     order by i.indisprimary desc, i.indexrelid limit 1) as key on true
  left join lateral (
    select ${columns('(i.indkey::int2[])[0:i.indnkeyatts - 1]', 'c.oid')} as columns from pg_index i
     where i.indrelid = c.oid and i.indisprimary) as main on true
  cross join lateral (
    with recursive near(oid) as (
      select c.oid
      union select case when l.one = near.oid then l.other else l.one end from near join (
        select inhrelid as one, inhparent as other, true as both from pg_inherits
        union all select confrelid, conrelid, false from pg_constraint
         where contype = 'f' and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))) as l
        on l.one = near.oid or (l.both and l.other = near.oid))
    select json_agg(near.oid::bigint) as oids,
      bool_or(k.relkind not in ('r', 'p') or k.relhasrules
        or exists (select from pg_trigger g where g.tgrelid = near.oid and not g.tgisinternal and g.tgenabled <> 'D')) as triggers
      from near join pg_class k on k.oid = near.oid) as reach`
}
