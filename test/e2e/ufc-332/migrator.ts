/** What the backend's own migrator gave to each of its files: Umzug's shape, with a database client as context. Lotse gives them the same. */
export type Migration = (parameters: {
  readonly name: string
  readonly context: {
    readonly query: (sql: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>
  }
}) => Promise<void>
