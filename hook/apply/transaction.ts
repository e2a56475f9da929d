import { codeOf, isSqlError } from '../database/errors.ts'
import { keepsLock } from '../database/lock.ts'
import { freshSession, resetSession } from '../database/prepare.ts'
import { ScriptError } from '../database/simple-query.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import type { Run } from './work.ts'

/** A setting of the open transaction only: PostgreSQL forgets it at COMMIT and at ROLLBACK alike. */
export const inTransaction = `current_setting('lotse.transaction', true) = 'open'`

/** What SQL finds in the session: that of a new connection or what the same file has left there, and what the file has set. */
export type Surroundings = { readonly fresh: boolean; readonly settings: readonly string[] }

const newConnection: Surroundings = { fresh: true, settings: [] }

/** Opens the transaction and sends SQL in it, as one message. Errors are told in terms of the SQL. */
export async function sendInTransaction(
  run: Run,
  migration: Migration,
  sql: string,
  surroundings = newConnection,
  closing = '',
): Promise<void> {
  const opening = beginStatements(run, migration, surroundings)
  const before = `${opening.join('; ')};\n`
  try {
    await run.session.runScript(before + sql + closing, (notice) =>
      run.emit({ event: 'migration.notice', name: migration.name, ...notice }),
    )
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    const { cause, completed, tags } = error
    if (isSqlError(cause) && cause.position)
      Object.assign(cause, { position: positionAfter(before.length, cause.position) })
    throw new ScriptError(completed - opening.length, tags, cause)
  }
}

/** A position in the SQL itself; none where the error is in what stands before it, a setting that is repeated. */
function positionAfter(length: number, position: string): string | undefined {
  return Number(position) > length ? `${Number(position) - length}` : undefined
}

/** What opens the transaction: every migration finds the session in the same state. */
export function beginStatements(run: Run, migration: Migration, { fresh, settings } = newConnection): string[] {
  const { major } = run.session
  return [
    `/* lotse: ${migration.file.replaceAll('*', '')} */ begin`,
    ...(fresh ? freshSession(major) : resetSession(major)),
    `set local lotse.transaction = 'open'`,
    ...timeouts(run, migration, 'set local'),
    ...settings,
  ]
}

/** The limits for one wait for a table lock and for one statement, in milliseconds; 0 is none. */
export function timeouts({ config }: Run, { directives }: Migration, set: 'set' | 'set local'): string[] {
  const lock = directives.lockTimeout ?? config.budget.lockTimeout
  const statement = directives.statementTimeout ?? config.budget.statementTimeout
  return [`${set} lock_timeout = ${lock}`, `${set} statement_timeout = ${statement}`]
}

/** What the file has set for itself, a time limit or the role of another owner, is not meant for recording it. */
export const ownership = ['reset session authorization', 'reset role', 'set local statement_timeout = 0']

/**
 * Settles the history row and commits, in one message that stops at the first error. Two statements prove that the transaction
 * is still the one opened for the file, and that the session still holds the run lock: else they divide by zero.
 */
export async function commit({ session, table }: Run, migration: Migration, settle: string): Promise<void> {
  const proofs = [inTransaction, keepsLock(table)].map((proof) => `select 1 / (${proof})::int`)
  try {
    await session.runScript([...ownership, ...proofs, settle, 'commit'].join(';\n'), () => {})
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    const proof = error.completed - ownership.length
    if (codeOf(error.cause) !== '22012' || proof < 0 || proof >= proofs.length) throw withoutPosition(error.cause)
    throw proof === 0 ? endedTransaction(migration) : lostLock(migration)
  }
}

export function endedTransaction({ file }: Migration): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} ended the transaction it runs in, with a COMMIT or ROLLBACK of its own`,
    details: ['Lotse opens a transaction around every file and records the file in it; a file must not end it.'],
    state: [`${file} was NOT recorded, but what it committed itself is in the database.`],
    remedy: 'remove BEGIN, COMMIT and ROLLBACK from the file, undo by hand what it committed, and run it again',
  })
}

export function lostLock({ file }: Migration): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} gave the run lock away, by pg_advisory_unlock_all() or DISCARD ALL`,
    details: ['Without the lock another migrator may be at work, so the file was not committed.'],
    state: [`${file} was rolled back and left nothing behind.`],
    remedy: 'remove that statement from the file and run it again',
  })
}

/** What PostgreSQL says of SQL of our own is at no place of the file. */
export function withoutPosition(error: unknown): unknown {
  return isSqlError(error) ? Object.assign(error, { position: undefined }) : error
}
