import type { RangeVar } from '@pgsql/types'

/** What is known of a database: read from its catalogue, or assumed where there is none. Pure data. */
export type Facts = {
  /** Whether a catalogue was read. Without one, every table counts as large and of unknown columns. */
  readonly online: boolean
  /** The server's version as server_version_num, 140000 and up; without a server the oldest that Lotse supports. */
  readonly version: number
  /** The server's TimeZone setting; undefined without a server. */
  readonly timeZone: string | undefined
  /** The schema of names without one. */
  readonly schema: string
  /** Replication slots of the server, which keep WAL until it is read. */
  readonly slots: readonly Slot[]
  /** Publications FOR ALL TABLES, which take every new table in. */
  readonly publishing: readonly { readonly publication: string; readonly changes: boolean }[]
  readonly tables: ReadonlyMap<string, Table>
  /** From the name of an index to its table's key. */
  readonly indexes: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, TypeFact>
  /** From the name of a function to its volatility: i, s or v. */
  readonly functions: ReadonlyMap<string, string>
  /** Of the schemas that are dropped, those with something in them; undefined where no catalogue was read. */
  readonly usedSchemas: ReadonlySet<string> | undefined
  /** What this server gets through, by its past runs; megabytes a second. */
  readonly rates?: Readonly<Record<string, { readonly slow: number; readonly fast: number; readonly runs?: number }>>
}

export type Table = {
  /** Key in Facts.tables: schema and name. */
  readonly key: string
  /** As messages show it. */
  readonly name: string
  /** `fresh`: created by the pending migrations. `assumed`: no catalogue was read. */
  readonly state: 'known' | 'assumed' | 'fresh' | 'absent'
  /** pg_class.relkind: r table, p partitioned table, v view, m materialized view. */
  readonly kind: string
  /** The heap alone, which a scan reads; with TOAST; all indexes. Of a partitioned table the sums of its partitions. */
  readonly heapBytes: number | undefined
  readonly bytes: number | undefined
  readonly indexBytes: number | undefined
  readonly rows: number | undefined
  readonly columns: ReadonlyMap<string, Column>
  readonly indexes: readonly Index[]
  readonly constraints: readonly Constraint[]
  /** Keys of tables whose foreign keys refer to this one. */
  readonly referencedBy: readonly string[]
  readonly parent: string | undefined
  /** The key of its default partition. */
  readonly defaultPartition: string | undefined
  readonly partitionKey: string | undefined
  readonly publications: readonly string[]
  readonly replicaIdentity: string | undefined
  /** Whether its policies are in force; undefined where no catalogue was read. */
  readonly rowSecurity: boolean | undefined
  /** Of a materialized view, the heaps of the tables that its query reads, as of their last ANALYZE. */
  readonly sourceBytes: number | undefined
  /** Publications that list this table: the columns that their row filter and their list of columns name, and whether they send these `only`. */
  readonly listed: readonly {
    readonly publication: string
    readonly only: boolean
    readonly columns: readonly string[]
  }[]
  /** The oldest transaction of others that holds a lock on it. */
  readonly usedBy: Use | undefined
}

/** A replication slot: `own` where it is a logical one of this database; `retained` bytes of WAL are kept for it. */
export type Slot = {
  readonly name: string
  readonly own: boolean | null
  readonly plugin: string | null
  readonly active: boolean
  readonly retained: number | null
}

/** Who uses a table; `age` is that of the transaction, in milliseconds. */
export type Use = { readonly pid: number; readonly name: string; readonly age: number }

export type Column = {
  /** pg_type.typname: int4, varchar; and its modifiers. */
  readonly type: string
  readonly modifiers: readonly number[]
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** Added by the pending migrations, so that no running version knows it. */
  readonly fresh?: boolean
}

export type Index = {
  readonly name: string
  readonly valid: boolean
  readonly unique: boolean
  readonly columns: readonly string[]
}

export type Constraint = {
  readonly name: string
  /** pg_constraint.contype: c check, f foreign key, p primary key, u unique, x exclude, n not null. */
  readonly type: string
  readonly valid: boolean
  readonly columns: readonly string[]
  /** Of a foreign key, the key of the table it refers to. */
  readonly target: string | undefined
  /** Columns that a CHECK proves to be not null. */
  readonly proves: readonly string[]
}

export type TypeFact = {
  /** pg_type.typtype: d domain, e enum. */
  readonly kind: string
  /** Whether a domain has constraints or is NOT NULL. */
  readonly constrained: boolean
  /** Keys of tables with a column of it. */
  readonly usedBy: readonly string[]
  readonly fresh: boolean
}

/** The table of a name, with what is known of it; where nothing is, what has to be assumed. */
export function tableOf(facts: Facts, { schemaname, relname = '' }: Pick<RangeVar, 'schemaname' | 'relname'>): Table {
  const key = keyOf(facts, schemaname, relname)
  return facts.tables.get(key) ?? unknownTable(facts, key)
}

/** Key of a table or type by the name that a statement gives it. */
export function keyOf(facts: Pick<Facts, 'schema'>, schema: string | undefined, name: string): string {
  return `${schema || facts.schema}.${name}`
}

/** A table that no catalogue has told of: assumed where none was read, else not there. */
export function unknownTable({ online, schema }: Facts, key: string): Table {
  return { ...nothingKnown, key, name: shownName(schema, key), state: online ? 'absent' : 'assumed' }
}

/** A name as messages show it: without the schema that is the default. */
export function shownName(schema: string, key: string): string {
  return key.startsWith(`${schema}.`) ? key.slice(schema.length + 1) : key
}

export const nothingKnown = {
  kind: 'r',
  heapBytes: undefined,
  bytes: undefined,
  indexBytes: undefined,
  rows: undefined,
  columns: new Map(),
  indexes: [],
  constraints: [],
  referencedBy: [],
  parent: undefined,
  defaultPartition: undefined,
  partitionKey: undefined,
  publications: [],
  replicaIdentity: undefined,
  rowSecurity: undefined,
  sourceBytes: undefined,
  listed: [],
  usedBy: undefined,
} as const satisfies Partial<Table>

/** What nothing was read of. */
export const noFacts: Facts = {
  online: false,
  version: 140_000,
  timeZone: undefined,
  schema: 'public',
  slots: [],
  publishing: [],
  tables: new Map(),
  indexes: new Map(),
  types: new Map(),
  functions: new Map(),
  usedSchemas: undefined,
}
