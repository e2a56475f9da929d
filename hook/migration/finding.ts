/** How much a finding matters: `error` stops the application or breaks it, `warning` may, `note` is worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

/** Lock modes of a table that keep statements of an application waiting (PostgreSQL docs 13.3.1). */
export type Lock = 'ACCESS EXCLUSIVE' | 'EXCLUSIVE' | 'SHARE ROW EXCLUSIVE' | 'SHARE' | 'ROW EXCLUSIVE'

/** A table that a statement locks; bytes and rows are undefined where no database told them. */
export type LockedTable = {
  readonly table: string
  readonly lock: Lock
  readonly bytes: number | undefined
  readonly rows: number | undefined
}

/** About how long it takes, in milliseconds, at the stated rates. */
export type Wait = { readonly least: number; readonly most: number; readonly rates: string }

/** What is known of a statement before it runs. */
export type Finding = {
  readonly rule: string
  readonly severity: Severity
  readonly migration: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** The line with a caret below it. */
  readonly excerpt: readonly string[]
  readonly message: string
  readonly tables: readonly LockedTable[]
  readonly wait: Wait | undefined
  /** What fails in pods of the old version, which still run. */
  readonly breaks: string | undefined
  /** The form to write instead, as SQL with comments. */
  readonly safe: string
}

/** A finding that the file itself accepts. */
export type Acceptance = { readonly rule: string; readonly reason: string }

/** What a check of some migrations came to. */
export type Verdict = {
  readonly findings: readonly Finding[]
  readonly accepted: readonly (Finding & { readonly reason: string })[]
  /** What could not be judged, and why. */
  readonly unjudged: readonly Unjudged[]
}

export type Unjudged = {
  readonly file: string
  readonly line: number
  readonly why: string
  /** What somebody can do about it. */
  readonly remedy?: string
}
