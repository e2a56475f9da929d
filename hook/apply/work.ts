import type { Config } from '../config/config.ts'
import type { HistoryTable } from '../database/lock.ts'
import { type Expression, forget, settle } from '../database/record.ts'
import type { Session } from '../database/session.ts'
import type { Direction, Emit } from '../event.ts'
import { checksum } from '../migration/checksum.ts'
import { parseDirectives } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'

/** What every way of applying a migration needs. The session holds the run lock. */
export type Run = {
  readonly config: Config
  readonly session: Session
  readonly table: HistoryTable
  readonly emit: Emit
  /** When the run has to be over, on the clock of performance.now(). */
  readonly deadline: number
  readonly progress: Progress
  /** Looks at each statement; only `lotse check --trace` has one. */
  readonly observer?: Observer
}

/** Who looks at what each statement of a run does. */
export type Observer = {
  /** A transaction of a migration was opened: what an earlier attempt at it has done is void. */
  readonly begun: (migration: Migration) => void
  /** Performs a statement, and looks at what it did before anything else runs. Rethrows what the statement throws. */
  readonly watch: (session: Session, statement: Observed, perform: () => Promise<void>) => Promise<void>
  readonly committed: () => void
}

/** A statement to look at. */
export type Observed = {
  readonly migration: Migration
  /** Where it stands in the file, in UTF-16 units; undefined for a query of a script. */
  readonly offset: number | undefined
  readonly sql: string
  /** Whether it runs outside of a transaction. */
  readonly alone: boolean
}

/** How far a run has come, for whoever has to tell when it ends early. It outlives a lost connection. */
export type Progress = {
  /** Names whose commit was seen, in order. One whose connection was lost at COMMIT is found applied by the next session. */
  readonly done: Set<string>
  /** The migration under way. */
  running: string | undefined
}

/** A migration in one direction: what runs, and how its history row ends. */
export type Work = {
  readonly migration: Migration
  readonly direction: Direction
  /** SQL that settles the history row; runs in the transaction of the last statement. Takes the duration in milliseconds. */
  readonly settle: (elapsed: number | Expression) => string
}

/** Applying a migration: it ends as a row of the history. `begun`: there may be one already, of an earlier attempt. */
export function upWork({ session, table }: Run, migration: Migration, begun: boolean): Work {
  return { migration, direction: 'up', settle: (elapsed) => settle(session, table, migration, elapsed, begun) }
}

/** Whether something has to be true after it. A reversal is asked nothing. */
export function asksAfter({ migration, direction }: Work): boolean {
  return direction === 'up' && migration.conditions?.verify !== undefined
}

/** Reverting a script by the `down` that it exports; the file itself is needed. */
export function scriptDownWork({ table }: Run, migration: Migration): Work {
  return { migration, direction: 'down', settle: () => forget(table, migration.name) }
}

/** Reverting a migration: its row goes. The SQL comes from the history, so the image need not have the file. */
export function downWork({ table }: Run, name: string, text: string): Work {
  const file = `${name}.down.sql`
  const directives = parseDirectives(text, file, [])
  return {
    migration: { name, file, path: file, kind: 'sql', text, checksum: checksum(text), directives, down: undefined },
    direction: 'down',
    settle: () => forget(table, name),
  }
}

/** The limits of one migration, in milliseconds: for one wait for a table lock, and for one statement. 0 is none. */
export type Limits = { readonly lock: number; readonly statement: number }

/** The one place that says which limits apply: a file's directives come before the configuration. */
export function limitsOf({ budget }: Pick<Config, 'budget'>, { directives }: Pick<Migration, 'directives'>): Limits {
  return {
    lock: directives.lockTimeout ?? budget.lockTimeout,
    statement: directives.statementTimeout ?? budget.statementTimeout,
  }
}

/** SQL that sets the limits, for the session or for the open transaction. */
export function setLimits({ lock, statement }: Limits, set: 'set' | 'set local'): string[] {
  return [`${set} lock_timeout = ${lock}`, `${set} statement_timeout = ${statement}`]
}

/** Words without which no statement takes back what Lotse has set: most files are spared own-settings.ts. */
export const mayReset = /\breset\b|(?:_timeout|search_path)\b[^;]{0,100}\bdefault\b/i

/** SQL that marks the open transaction as the one that was opened for the file. */
export const markTransaction = `set local lotse.transaction = 'open'`

/** The history with what it keeps beside the rows of these steps: the findings that they accept, and how long their work was to take. */
export async function keepingMore(
  session: Session,
  table: HistoryTable,
  steps: readonly Migration[],
  begun: ReadonlySet<string>,
  foreseen: HistoryTable['foreseen'],
): Promise<HistoryTable> {
  const kept = steps.some(({ name, directives }) => directives.accepts.length > 0 || begun.has(name))
    ? await (await import('../database/accepted.ts')).keepingAccepted(session, table, steps, begun)
    : table
  return foreseen?.size ? (await import('../database/past-work.ts')).keepingWork(session, kept, foreseen) : kept
}
