import type { Applied } from '../migration/migration.ts'
import { literal } from '../sql/quote.ts'
import type { HistoryTable } from './history-table.ts'
import type { Session } from './session.ts'

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
  readonly duration_ms?: number | Expression
}

/** SQL that the server computes a value by. */
export type Expression = { readonly sql: string }

/** An INSERT of a row, or an UPDATE of the one of that name, as SQL text that can go out in one message with others. */
export function upsert(session: Session, table: HistoryTable, row: Row): string {
  const names = columnsOf(session, row).map(([name]) => name)
  return `${insert(session, table, row)}
    on conflict (name) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}, applied_at = clock_timestamp()`
}

/** An INSERT of a row whose name must not be there yet. */
export function insert(session: Session, table: HistoryTable, row: Row): string {
  const columns = columnsOf(session, row)
  const names = columns.map(([name]) => name).join(', ')
  return `insert into ${table.sql} (${names}) values (${columns.map(([, value]) => sqlOf(value)).join(', ')})`
}

type Value = Row[keyof Row] | string

function columnsOf({ identity: { release, pod, lotse } }: Session, row: Row): [string, Value][] {
  return Object.entries({ ...row, release, pod, lotse }).filter(([, value]) => value !== undefined)
}

function sqlOf(value: Value): string {
  if (typeof value !== 'object' || value === null) return literal(value)
  return 'sql' in value ? value.sql : textArray(value)
}

function textArray(values: readonly string[]): string {
  return `array[${values.map(literal).join(', ')}]::text[]`
}
