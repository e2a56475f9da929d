import { readFileSync } from 'node:fs'
import pg from 'pg'
import { Failure } from '../failure.ts'
import type { Applied } from '../migration/migration.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Session } from './session.ts'
import { type HistoryTable, literal } from './table.ts'

/** The history table's format that this Lotse reads and writes; the table's comment says which it has. */
const format = 1

/** What the history and the server say of themselves, read in one round trip. */
export type History = {
  readonly rows: readonly Applied[]
  /** The table does not exist yet. */
  readonly absent: boolean
}

/**
 * Reads the history in the order of applying. An absent table or schema (42P01, 3F000) is an empty history.
 * Throws PlanRefused when the role may not read it, or when a newer Lotse has changed its format.
 */
export async function readHistory(session: Session, table: HistoryTable): Promise<History> {
  try {
    const [comment, history] = await session.queries(
      `select obj_description(${literal(table.sql)}::regclass, 'pg_class') as text;
       select name, checksum, state, breaking from ${table.sql} order by position`,
    )
    assertFormat(table, comment?.rows[0].text)
    return { rows: history?.rows ?? [], absent: false }
  } catch (error) {
    if (['42P01', '3F000'].includes(codeOf(error))) return { rows: [], absent: true }
    throw outOfReach(table, error, `GRANT SELECT ON ${table.sql}`)
  }
}

/** Creates the history table. Only called under the run lock: `if not exists` races with itself on a unique index. */
export async function createHistory(session: Session, table: HistoryTable): Promise<void> {
  const text = readFileSync(new URL('./history.sql', import.meta.url), 'utf8')
  try {
    await session.query(text.replaceAll(':table', () => table.sql))
  } catch (error) {
    throw outOfReach(table, error, `GRANT CREATE ON SCHEMA ${pg.escapeIdentifier(table.schema)}`)
  }
}

/** The SQL that says what is stored of each migration's reversal; read only by what needs it. */
export type StoredDown = {
  readonly name: string
  readonly checksum: string
  readonly down_sql: string | null
  readonly down_checksum: string | null
}

export async function readDowns(session: Session, table: HistoryTable): Promise<StoredDown[]> {
  return (
    await session.query(`select name, checksum, down_sql, down_checksum from ${table.sql} order by position desc`)
  ).rows
}

/** When and by whom a migration came into the history; for people who look. */
export type Detail = {
  readonly name: string
  readonly applied_at: Date
  readonly duration_ms: string
  readonly origin: 'up' | 'baseline' | 'repair'
  readonly applied_by: string
  readonly release: string | null
}

export async function readDetails(session: Session, table: HistoryTable): Promise<Detail[]> {
  return (await session.query(`select name, applied_at, duration_ms, origin, applied_by, release from ${table.sql}`))
    .rows
}

/** What is written of a row; a column left out keeps its default or its value. */
export type Row = {
  readonly name: string
  readonly checksum: string
  readonly state?: Applied['state']
  readonly statements?: readonly string[]
  readonly under_way?: string | null
  readonly breaking?: boolean
  readonly down_sql?: string | null
  readonly down_checksum?: string | null
  readonly origin?: 'up' | 'baseline' | 'repair'
  readonly duration_ms?: number
}

/** An INSERT of a row, or an UPDATE of the one of that name, as SQL text that can go out in one message with others. */
export function upsert(session: Session, table: HistoryTable, row: Row): string {
  const { release, pod, lotse } = session.identity
  const columns = Object.entries({ ...row, release, pod, lotse }).filter(([, value]) => value !== undefined)
  const sql = (value: (typeof columns)[number][1]): string =>
    Array.isArray(value) ? textArray(value) : literal(value as string)
  const names = columns.map(([name]) => name)
  return `insert into ${table.sql} (${names.join(', ')}) values (${columns.map(([, value]) => sql(value)).join(', ')})
    on conflict (name) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}, applied_at = clock_timestamp()`
}

function textArray(values: readonly string[]): string {
  return `array[${values.map(literal).join(', ')}]::text[]`
}

function assertFormat(table: HistoryTable, comment: string | null): void {
  const found = Number(/format (\d+)/.exec(comment ?? '')?.[1] ?? format)
  if (found <= format) return
  throw new Failure('PlanRefused', {
    summary: `the history table ${table.sql} has format ${found}, which a newer Lotse wrote; this one reads up to format ${format}`,
    state: ['Nothing was changed.'],
    remedy: 'use the newer Lotse for this image too; it reads older formats',
  })
}

function outOfReach(table: HistoryTable, error: unknown, grant: string): unknown {
  const code = codeOf(error)
  if (code === '42501') {
    return new Failure('PlanRefused', {
      summary: `the history table ${table.sql} is out of reach: ${messageOf(error)} (SQLSTATE 42501)`,
      state: ['Nothing was changed.'],
      remedy: `${grant} TO the user that Lotse connects as, or put the history into another schema with LOTSE_SCHEMA`,
      cause: error,
    })
  }
  if (code === '42703' || code === '42P10') {
    return new Failure('PlanRefused', {
      summary: `the table ${table.sql} is not a history of Lotse: ${messageOf(error)} (SQLSTATE ${code})`,
      state: ['Nothing was changed.'],
      remedy: 'name another table with LOTSE_HISTORY_TABLE',
      cause: error,
    })
  }
  if (code === '3F000') {
    return new Failure('PlanRefused', {
      summary: `the schema ${table.schema} for the history table does not exist (SQLSTATE 3F000)`,
      state: ['Nothing was changed.'],
      remedy: `CREATE SCHEMA ${pg.escapeIdentifier(table.schema)}, or name another schema with LOTSE_SCHEMA`,
      cause: error,
    })
  }
  return error
}
