import pg from 'pg'

/** The history table's name: as given, and quoted for SQL. */
export type HistoryTable = { readonly schema: string; readonly table: string; readonly sql: string }

export function historyTable({ schema, table }: { schema: string; table: string }): HistoryTable {
  return { schema, table, sql: identifier([schema, table]) }
}

/** A name of one or more parts, quoted for SQL. */
export function identifier(parts: readonly string[]): string {
  return parts.map((part) => pg.escapeIdentifier(part)).join('.')
}

/** A text as an SQL literal, for statements that go out together with others and so cannot have parameters. */
export function literal(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'string' ? pg.escapeLiteral(value) : String(value)
}
