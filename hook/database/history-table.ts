import { identifier } from '../sql/quote.ts'

/** The history table's name: as given, and quoted for SQL. */
export type HistoryTable = { readonly schema: string; readonly table: string; readonly sql: string }

export function historyTable({ schema, table }: { schema: string; table: string }): HistoryTable {
  return { schema, table, sql: identifier([schema, table]) }
}
