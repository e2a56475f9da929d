import { codeOf, isSqlError } from '../database/errors.ts'
import { keepsLock } from '../database/lock.ts'
import { ScriptError } from '../database/script.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { inTransaction } from './open.ts'
import type { Run } from './run.ts'

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
