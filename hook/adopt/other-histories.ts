import type { Config } from '../config/config.ts'
import { codeOf } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Applied, Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/refusal.ts'
import { identifier, literal } from '../sql/quote.ts'
import type { KnownTable, OtherHistory, TableFacts } from './known-table.ts'
import { tablesBySight } from './tables-by-sight.ts'
import { tools } from './tools.ts'
import { hidden } from './unreadable-table.ts'

const knownTables: readonly KnownTable[] = [...Object.values(tools).map(({ known }) => known), ...tablesBySight]

/**
 * Why nothing may be applied to a database that has no history of Lotse's: another tool has migrated it, and every file would run a second time. None for a
 * database that no other tool has touched, and with `--allow other-history`. Costs one query of the catalogue, and one more for each table found.
 * A table outside of the search_path counts when it has rows of this folder's migrations, unless the search_path begins with a schema
 * other than public: then this application has a schema of its own, and that table is another application's.
 */
export async function otherHistories(
  session: Session,
  config: Config,
  folder: readonly Migration[],
  rows: readonly Applied[] = [],
): Promise<Refusal[]> {
  if (rows.length > 0 || config.allow.includes('other-history')) return []
  const refusals: Refusal[] = []
  for (const history of await findOtherHistories(session, config.history.schema)) {
    const concerns =
      history.near ||
      (!history.confined && (await (await import('./outside-search-path.ts')).hasRowsOf(session, history, folder)))
    if (concerns) refusals.push(...(await refusalOf(session, history)))
  }
  return refusals
}

/** Every table of the database that looks like one of these histories, those that the run uses first. */
export async function findOtherHistories(
  session: Session,
  schema: string,
  wanted: readonly KnownTable[] = knownTables,
): Promise<OtherHistory[]> {
  const names = [...new Set(wanted.flatMap(({ table, beside }) => (beside ? [table, beside] : [table])))]
  const { rows } = await session.query(
    `select n.nspname as schema, c.relname as table,
            array(select a.attname || ' ' || format_type(a.atttypid, a.atttypmod) from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)::text[] as columns,
            n.nspname = any(current_schemas(false)) or n.nspname = ${literal(schema)} as near,
            current_schema() is distinct from 'public' as confined,
            has_schema_privilege(n.oid, 'usage') as usage, has_table_privilege(c.oid, 'select') as "select",
            current_user as role, pg_get_userbyid(n.nspowner) as "schemaOwner", pg_get_userbyid(c.relowner) as owner
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relname in (${names.map(literal).join(', ')}) and n.nspname !~ '^pg_'
      order by near desc, 1, 2`,
  )
  return recognise(rows.map(factsOf), wanted)
}

type CatalogueRow = Pick<TableFacts, 'schema' | 'table' | 'columns' | 'near' | 'confined' | 'owner'> & {
  readonly usage: boolean
  readonly select: boolean
  readonly role: string
  readonly schemaOwner: string
}

function factsOf({ usage, select, role, schemaOwner, owner, ...row }: CatalogueRow): TableFacts {
  const grants = [
    ...(usage ? [] : [`GRANT USAGE ON SCHEMA ${identifier([row.schema])} TO ${identifier([role])}`]),
    ...(select ? [] : [`GRANT SELECT ON ${identifier([row.schema, row.table])} TO ${identifier([role])}`]),
  ]
  const owners = [...(usage ? [] : [schemaOwner]), ...(select ? [] : [owner])]
  return { ...row, owner, readable: usage && select, grants, owners: [...new Set(owners)] }
}

/** Which of the tables are histories, and whose. A companion table settles what the columns leave open. Pure. */
function recognise(tables: readonly TableFacts[], wanted: readonly KnownTable[]): OtherHistory[] {
  return tables.flatMap((facts) => {
    const fitting = wanted.filter((known) => fits(known, facts, tables))
    const proven = fitting.filter(({ beside, schema }) => beside !== undefined || schema === facts.schema)
    const known = proven.length > 0 ? proven : fitting
    if (known.length === 0) return []
    const near = facts.near || known.some(({ schema }) => schema === facts.schema)
    return [{ ...facts, near, known, sql: identifier([facts.schema, facts.table]) }]
  })
}

function fits(known: KnownTable, { schema, table, columns }: TableFacts, tables: readonly TableFacts[]): boolean {
  const has = (column: string): boolean =>
    columns.some((each) => each === column || each.startsWith(`${column} `) || isOfType(each, column))
  return (
    known.table === table &&
    known.columns.every(has) &&
    !(known.lacks ?? []).some(has) &&
    (known.beside === undefined || tables.some((each) => each.schema === schema && each.table === known.beside)) &&
    // Names as common as `migrations` say nothing outside of the tool's own schema.
    (known.schema === undefined || known.schema === schema || known.from !== undefined)
  )
}

/** `version character varying(128)` is of the type that `version character varying` asks for. */
function isOfType(column: string, wanted: string): boolean {
  return wanted.includes(' ') && column.startsWith(wanted)
}

/** What keeps a run from applying anything: rows of another tool, or a table of its that cannot be read. */
async function refusalOf(session: Session, history: OtherHistory): Promise<Refusal[]> {
  const [known] = history.known
  if (!known) return []
  const tools = history.known.map(({ tool }) => tool)
  const table = `${history.schema}.${history.table}`
  if (!history.readable) return [hidden(history)]
  const counts = (known.counts ?? 'true').replaceAll(':table', () => history.sql)
  try {
    // Rows that row level security hides would make a table look empty that is not.
    const [, counted] = await session.queries(
      `set local row_security = off;
       select (${known.label})::text as newest, count(*) over ()::int as applied from ${history.sql} as t
        where ${counts} order by ${known.order ?? known.label} desc limit 1`,
    )
    const [row] = counted?.rows ?? []
    const from = history.known.flatMap(({ from }) => (from ? [history.near ? from : `${from}:${table}`] : []))
    return row ? [{ kind: 'otherHistory', tools, from, table, ...row }] : []
  } catch (error) {
    if (codeOf(error) !== '42501') throw error
    return [hidden(history)]
  }
}
