import { isClosed } from './closed.ts'
import { commit } from './commit.ts'
import { asFailure } from './explain.ts'
import { beginStatements, sendInTransaction } from './open.ts'
import { retry } from './retry.ts'
import type { Run } from './run.ts'
import { runUserScript } from './script.ts'
import { sendWhole } from './whole.ts'
import type { Work } from './work.ts'

/**
 * Runs a migration and settles its history row in one transaction: both happen or neither. Waits for no table lock longer than
 * the lock timeout, since every query of the application queues behind such a wait; then rolls back and tries the whole again.
 * Throws MigrationFailed that points at the statement, after rolling back; also when the file ended the transaction itself.
 */
export function applyTransactional(run: Run, work: Work): Promise<void> {
  const { migration, direction } = work
  const whole = migration.kind === 'sql' && direction === 'up' && isClosed(migration.text)
  const attempt = async (): Promise<void> => {
    if (whole && (await sendWhole(run, work))) return
    const started = performance.now()
    if (migration.kind === 'sql') await sendInTransaction(run, migration, migration.text)
    else {
      await run.session.queries(beginStatements(run, migration).join('; '))
      await runUserScript(run, migration, direction)
    }
    await commit(run, migration, work.settle(performance.now() - started))
  }
  return retry(run, migration, rollingBack(run, attempt), (error) =>
    asFailure(migration, error, `${migration.file} was rolled back and left nothing behind.`),
  )
}

/** An attempt that leaves no transaction open behind it when it fails. */
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
