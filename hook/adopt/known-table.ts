import type { Adoptable } from '../config/adopt-from.ts'

/** The tables in which other tools record what they have applied, as they make them in PostgreSQL. */
export type KnownTable = {
  /** The tool, as its users write it. */
  readonly tool: string
  /** What `lotse adopt --from` calls it; undefined for a tool that is only known by sight. */
  readonly from?: Adoptable
  /** The schema that it makes for itself; without one, its table is in a schema of the search_path. */
  readonly schema?: string
  readonly table: string
  /** Columns that it has, each as `name` or as `name type`, where the type may be the beginning of one. */
  readonly columns: readonly string[]
  /** Columns that tell another tool's table of the same name. */
  readonly lacks?: readonly string[]
  /** A table in the same schema that this tool makes, too, and others do not. */
  readonly beside?: string
  /** SQL conditions for a row `t` that says something is applied, or half applied; `:table` is the table. */
  readonly counts?: string
  /** SQL for what names a row `t`. */
  readonly label: string
  /** SQL for what the rows `t` are ordered by. */
  readonly order?: string
}

/** A table of the catalogue whose name is one that another tool gives its history. */
export type TableFacts = {
  readonly schema: string
  readonly table: string
  /** Each as `name type`. */
  readonly columns: readonly string[]
  /** In a schema that the run itself uses: of its search_path, or that of its history. */
  readonly near: boolean
  /** The search_path begins with a schema other than public. */
  readonly confined: boolean
  readonly readable: boolean
  readonly owner: string
  /** What has to be granted to read it, and who can. */
  readonly grants: readonly string[]
  readonly owners: readonly string[]
}

/** Another tool's history: `known` has several when its table alone does not tell whose it is. */
export type OtherHistory = TableFacts & { readonly known: readonly KnownTable[]; readonly sql: string }
