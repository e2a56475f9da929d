import { codeOf, isSqlError, MessageError } from '../database/errors.ts'
import { holdsLock, keepsLock } from '../database/lock.ts'
import { isClosed } from '../sql/split.ts'
import { asFailure } from './explain.ts'
import { retry } from './retry.ts'
import { runUserScript } from './script.ts'
import {
  beginStatements,
  commit,
  endedTransaction,
  historyGone,
  inTransaction,
  isHistoryGone,
  lostLock,
  ownership,
  sendInTransaction,
} from './transaction.ts'
import { asksAfter, mayReset, type Run, type Work } from './work.ts'

/**
 * Runs a migration and settles its history row in one transaction: both happen or neither. Waits for no table lock longer than
 * the lock timeout, since every query of the application queues behind such a wait; then rolls back and tries the whole again.
 * Throws MigrationFailed that points at the statement, after rolling back; also when the file ended the transaction itself.
 */
export function applyTransactional(run: Run, work: Work): Promise<void> {
  const { migration, direction } = work
  const resets = mayReset.test(migration.text)
  const asks = asksAfter(work)
  const whole =
    migration.kind === 'sql' && direction === 'up' && !resets && !asks && !run.observer && isClosed(migration.text)
  const attempt = async (): Promise<void> => {
    if (whole && (await sendWhole(run, work))) return
    const started = performance.now()
    const keeping = resets ? await import('./own-settings.ts') : undefined
    if (migration.kind === 'script') {
      run.observer?.begun(migration)
      await run.session.queries(beginStatements(run, migration).join('; '))
      await runUserScript(run, migration, direction, keeping?.queryKeepingSettings(run, migration, 'set local'))
    } else if (keeping && !run.observer) await keeping.sendKeepingSettings(run, migration)
    else await sendInTransaction(run, migration, migration.text)
    if (asks) await (await import('./conditions.ts')).askAfter(run, migration)
    await commit(run, migration, work.settle(performance.now() - started))
  }
  return retry(run, migration, rollingBack(run, attempt), (error) =>
    asFailure(migration, error, `${migration.file} was rolled back and left nothing behind.`),
  )
}

/** Rolls back when the attempt fails. */
export function rollingBack({ session }: Run, attempt: () => Promise<void>): () => Promise<void> {
  return async () => {
    try {
      await attempt()
    } catch (error) {
      await session.cleanUp('rollback')
      throw error
    }
  }
}

/**
 * Opens the transaction, sends the file, settles its row and commits, in one message that stops at the first error. The row's duration
 * is divided by the proof that commit() gives. Returns false when the server could not read the message: then it has run nothing
 * of it, and explains it better when it is sent the file alone.
 */
async function sendWhole(run: Run, { migration, settle }: Work): Promise<boolean> {
  const { session, table } = run
  const elapsed = `date_part('epoch', clock_timestamp() - now()) * 1000`
  const row = settle({ sql: `${elapsed} / (${inTransaction} and ${keepsLock(table)})::int` })
  try {
    await sendInTransaction(run, migration, migration.text, undefined, [...ownership, row, 'commit'])
    return true
  } catch (error) {
    if (!(error instanceof MessageError && isSqlError(error.cause))) throw error
    if (error.unread) return false
    if (error.part === 'text') throw error
    if (isHistoryGone(error, ownership.length)) throw historyGone(migration, table)
    if (codeOf(error.cause) !== '22012') throw error.cause
    await session.cleanUp('rollback')
    const { rows } = await session.query(`select ${holdsLock(table)} as held`)
    throw rows[0].held ? endedTransaction(migration) : lostLock(migration)
  }
}
