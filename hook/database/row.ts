import type { Applied } from '../migration/migration.ts'
import type { Session } from './session.ts'
import { type HistoryTable, literal } from './table.ts'

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
