import type { Backfilled } from '../migration/directives.ts'
import { boundsOf, exactKeys, sendBatch } from './batch.ts'
import { asFailure } from './explain.ts'
import { rollingBack } from './in-one-transaction.ts'
import { retry } from './retry.ts'
import { beginStatements, commit } from './transaction.ts'
import { asksAfter, type Run, type Work } from './work.ts'

/**
 * Runs a backfill as one batch, from the least key to the greatest, and settles its row with it: where no older version runs yet, that
 * is quickest. Throws MigrationFailed after rolling back.
 */
export function applyWhole(run: Run, work: Work, backfill: Backfilled): Promise<void> {
  const { migration } = work
  const attempt = async (): Promise<void> => {
    const started = performance.now()
    await run.session.queries([...beginStatements(run, migration), ...exactKeys].join('; '))
    const whole = await boundsOf(run.session, backfill)
    if (whole) await sendBatch(run.session, migration, whole)
    if (asksAfter(work)) await (await import('./conditions.ts')).askAfter(run, migration)
    await commit(run, migration, work.settle(performance.now() - started))
  }
  return retry(run, migration, rollingBack(run, attempt), (error) =>
    asFailure(migration, error, `${migration.file} was rolled back and left nothing behind.`),
  )
}
