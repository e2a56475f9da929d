import { codeOf, isSqlError, MessageError } from '../database/errors.ts'
import { type HistoryTable, keepsLock } from '../database/lock.ts'
import { freshSession, resetSession } from '../database/prepare.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { limitsOf, markTransaction, type Run, setLimits } from './work.ts'

/** A setting of the open transaction only: PostgreSQL forgets it at COMMIT and at ROLLBACK alike. */
export const inTransaction = `current_setting('lotse.transaction', true) = 'open'`

/** What SQL finds in the session: that of a new connection or what the same file has left there, and what the file has set. */
export type Surroundings = {
  readonly fresh: boolean
  readonly settings: readonly string[]
  /** Where in the file what is sent begins; at its head by default. */
  readonly start?: number
}

const newConnection: Surroundings = { fresh: true, settings: [] }

/** Opens the transaction and sends SQL in it, as one message. Rejects with a MessageError about the text. */
export async function sendInTransaction(
  run: Run,
  migration: Migration,
  text: string,
  surroundings = newConnection,
  after: readonly string[] = [],
): Promise<void> {
  const begin = beginStatements(run, migration, surroundings)
  if (run.observer && text) {
    const { sendObserved } = await import('./observed.ts')
    return sendObserved(run, run.observer, migration, begin, text, surroundings.start)
  }
  await sendText(run, migration, begin, text, after)
}

/** Sends SQL of a migration as one message and tells its notices. Rejects with a MessageError about the text. */
export async function sendText(
  run: Run,
  { name }: Migration,
  before: readonly string[],
  text: string,
  after: readonly string[] = [],
): Promise<void> {
  await run.session.send({ before, text, after }, (notice) => run.emit({ event: 'migration.notice', name, ...notice }))
}

/** What opens the transaction: every migration finds the session in the same state. */
export function beginStatements(run: Run, migration: Migration, { fresh, settings } = newConnection): string[] {
  const { session } = run
  return [
    `/* lotse: ${migration.file.replaceAll('*', '')} */ begin`,
    ...(fresh ? freshSession(session) : resetSession(session)),
    markTransaction,
    ...setLimits(limitsOf(run.config, migration), 'set local'),
    ...settings,
  ]
}

/** What the file has set for itself, a time limit or the role of another owner, is not meant for recording it. */
export const ownership = ['reset session authorization', 'reset role', 'set local statement_timeout = 0']

/**
 * Settles the history row and commits, in one message that stops at the first error. Two statements prove that the transaction
 * is still the one opened for the file, and that the session still holds the run lock: else they divide by zero.
 */
export async function commit({ session, table, observer }: Run, migration: Migration, settle: string): Promise<void> {
  const proofs = [inTransaction, keepsLock(table)].map((proof) => `select 1 / (${proof})::int`)
  try {
    await session.send({ before: [...ownership, ...proofs, settle, 'commit'] })
    observer?.committed()
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    if (isHistoryGone(error, ownership.length + proofs.length)) throw historyGone(migration, table)
    const proof = error.completed - ownership.length
    if (codeOf(error.cause) !== '22012' || proof < 0 || proof >= proofs.length) throw error.cause
    throw proof === 0 ? endedTransaction(migration) : lostLock(migration)
  }
}

/**
 * Whether the statement that settles the row, with this number, found no history table: it was there when the run began (42P01, 3F000).
 * A trigger of the file's, deferred to COMMIT, may miss a table of its own.
 */
export function isHistoryGone({ completed, cause }: MessageError, settle: number): boolean {
  return completed === settle && isSqlError(cause) && ['42P01', '3F000'].includes(cause.code) && !cause.where
}

export function historyGone({ file }: Migration, { sql }: HistoryTable): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} dropped or renamed the history table ${sql}`,
    details: ['Lotse records applied migrations there; without it every migration would run again.'],
    state: [`${file} was rolled back and left nothing behind.`],
    remedy: { kind: 'changeFiles', change: `remove from ${file} what drops or renames ${sql} or its schema` },
  })
}

/** Only what Lotse cannot see before it runs ends up here: a COMMIT or RESET ALL in a block, in a function, or sent by a script. */
export function endedTransaction({ file, text }: Migration): Failure {
  if (/\breset\s+all\b/i.test(text)) return tookSettings(file)
  return new Failure('MigrationFailed', {
    summary: `${file} ended the transaction it runs in, with its own COMMIT or ROLLBACK`,
    details: ['Lotse runs each file in a transaction and records the file in it, so a file must not end it.'],
    state: [`The history does not mark ${file} as applied, but what it committed itself is in the database.`],
    remedy: 'remove BEGIN, COMMIT and ROLLBACK from the file, undo by hand what it committed, and retry',
  })
}

function tookSettings(file: string): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} took back every setting of the session, by RESET ALL inside a block or function`,
    details: [
      'That includes what Lotse has set: its time limits, and what shows that the transaction is still the same.',
    ],
    state: ['What it did in this transaction was rolled back.'],
    remedy: {
      kind: 'changeFiles',
      change: `reset by name what the block has set (RESET search_path), or move RESET ALL out of the block in ${file},`,
    },
  })
}

export function lostLock({ file }: Migration): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} released the run lock, by pg_advisory_unlock_all() or DISCARD ALL`,
    details: ['Without the lock, another migrator may be running, so the file was not committed.'],
    state: [`${file} was rolled back and left nothing behind.`],
    remedy: { kind: 'changeFiles', change: `remove that statement from ${file}` },
  })
}
