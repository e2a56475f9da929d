import type { Finding } from './finding.ts'

/** What pending migrations did to a scratch database. Durations and times are milliseconds, times since the migration's start. */
export type Trace = {
  /** Where it ran, as messages show it. */
  readonly database: string
  readonly migrations: readonly TracedMigration[]
  /** Pending in the database, but applied in the scratch database before: these were not traced. */
  readonly untraced: readonly string[]
  /** Why it ended early. */
  readonly failed: { readonly reason: string; readonly message: string } | undefined
}

export type TracedMigration = {
  readonly migration: string
  readonly file: string
  readonly transaction: boolean
  readonly applied: boolean
  readonly elapsed: number
  readonly statements: readonly TracedStatement[]
  readonly locks: readonly HeldLock[]
}

/** A table lock. One that a transaction takes is held until its end. */
export type HeldLock = {
  /** Schema and name. */
  readonly table: string
  /** The partitioned table that it is a part of. */
  readonly partitionOf?: string
  /** As PostgreSQL's documentation writes it: ACCESS EXCLUSIVE. */
  readonly mode: string
  /** Index of the statement that took it. */
  readonly statement: number
  readonly from: number
  readonly to: number
}

export type TracedStatement = {
  /** Its first line, secrets masked. */
  readonly sql: string
  /** Where it stands in the file; undefined for a query of a script. */
  readonly place: Pick<Finding, 'line' | 'column'> | undefined
  /** The same in UTF-16 units. */
  readonly offset: number | undefined
  readonly from: number
  readonly elapsed: number
  /** Whether it ran outside of a transaction. */
  readonly alone: boolean
  readonly failed: boolean
  readonly tables: readonly TracedTable[]
  /** Bytes of WAL written meanwhile. */
  readonly wal: number
}

/** What a statement did to one table. */
export type TracedTable = {
  /** Schema and name. */
  readonly table: string
  /** The partitioned table that it is a part of. */
  readonly partitionOf?: string
  /** Whether the run itself created it, so that nobody else uses it yet. */
  readonly fresh: boolean
  readonly rewritten: boolean
  readonly dropped: boolean
  /** Names of indexes that were built or built anew. */
  readonly built: readonly string[]
  /** Rows that were read one after the other, in a scan or to build an index; what parallel workers read is not counted. */
  readonly scanned: number
  /** Rows that were inserted, updated or deleted. */
  readonly changed: number
  /** Bytes with indexes and TOAST; undefined where it was not there. */
  readonly before: number | undefined
  readonly after: number | undefined
}
