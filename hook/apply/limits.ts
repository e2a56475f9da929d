import type { Config } from '../config/config.ts'
import type { Migration } from '../migration/migration.ts'

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
