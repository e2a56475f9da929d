import { literal } from '../sql/quote.ts'
import { isSqlError } from './errors.ts'
import { columnsForPlan, firstRunIn, format, lineOfRow, summed } from './history.ts'
import { type HistoryTable, historyTable } from './lock.ts'
import type { Session } from './session.ts'

/** The histories of many schemas, read by one statement for all of them: a thousand sessions or queries would take minutes. */

/** What the catalogue tells of the history of one schema. */
export type Seen = {
  readonly schema: string
  /** `plain`: read by a statement for many. `other`: a reader of this one alone has to say what is wrong with it, or what is special. */
  readonly history: 'absent' | 'plain' | 'other'
  /** The migration that a first run was to end with, if it was not seen to end. */
  readonly firstRun: string | undefined
}

/** Looks for the history of each schema, in the order given. */
export async function seeHistories(session: Session, table: string, schemas: readonly string[]): Promise<Seen[]> {
  const { rows } = await session.query(
    `select asked.schema, c.oid is not null as made, obj_description(c.oid, 'pg_class') as comment,
            has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as readable
       from unnest($1::text[]) with ordinality as asked (schema, position)
       left join pg_namespace n on n.nspname = asked.schema
       left join pg_class c on c.relnamespace = n.oid and c.relname = $2 and c.relkind in ('r', 'p')
      order by asked.position`,
    [schemas, table],
  )
  return rows.map(({ schema, made, comment, readable }) => ({
    schema,
    history: !made
      ? 'absent'
      : readable && new RegExp(`^Lotse history, format ${format}\\b`).test(comment)
        ? 'plain'
        : 'other',
    firstRun: firstRunIn(comment),
  }))
}

/** How many histories one statement reads: a transaction holds a lock on each and on its indexes until it ends. */
const atOnce = 1_000

/** What each history comes to, see readSummary(). One that cannot be read after all is left out, with those read beside it. */
export async function readDigests(
  session: Session,
  table: string,
  schemas: readonly string[],
): Promise<Map<string, { readonly amount: number; readonly digest: string }>> {
  return readGrouped(session, table, schemas, summed, lineOfRow)
}

/** A hash of all that a plan is made by: histories of one shape get the same plan. Left out are the same as by readDigests(). */
export async function readShapes(
  session: Session,
  table: string,
  schemas: readonly string[],
): Promise<Map<string, { readonly shape: string }>> {
  const shape = `md5(string_agg(line, '' order by line collate "C")) as shape`
  return readGrouped(session, table, schemas, shape, `(row_of_history.*)::text`, columnsForPlan(session))
}

async function readGrouped<Row>(
  session: Session,
  table: string,
  schemas: readonly string[],
  result: string,
  line: string,
  columns?: string,
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>()
  for (let from = 0; from < schemas.length; from += atOnce) {
    const part = schemas.slice(from, from + atOnce)
    const lines = part.map((schema, index) => linesOf(historyTable({ schema, table }), index, line, columns))
    try {
      const [, answer] = await session.queries(
        `set local row_security = off;
         select tenant, ${result} from (${lines.join('\nunion all ')}) as lines group by tenant`,
      )
      for (const { tenant, ...row } of answer?.rows ?? []) found.set(part[tenant] as string, row)
    } catch (error) {
      if (!isSqlError(error) || session.lostBy(error)) throw error
    }
  }
  // A history without a row has no line.
  return found
}

function linesOf({ sql }: HistoryTable, index: number, line: string, columns: string | undefined): string {
  const rows = columns ? `(select ${columns} from ${sql}) as row_of_history` : sql
  return `select ${index} as tenant, ${line} as line from ${rows}`
}

/** The schema that holds most, by the server's own statistics; the first one where nothing was counted. */
export async function largestSchema(session: Session, schemas: readonly string[]): Promise<string> {
  const { rows } = await session.query(
    `select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in (${schemas.map(literal).join(', ')}) and c.relkind in ('r', 'm')
      group by 1 order by sum(c.relpages) desc, 1 limit 1`,
  )
  return rows[0]?.schema ?? schemas[0]
}
