import { boundsOf, exactKeys } from '../apply/batch.ts'
import { asFailure } from '../apply/explain.ts'
import { rollingBack } from '../apply/in-one-transaction.ts'
import { retry } from '../apply/retry.ts'
import { commit, sendInTransaction } from '../apply/transaction.ts'
import { asksAfter, limitsOf, type Run, setLimits, upWork } from '../apply/work.ts'
import { type Backfill, beginBackfill, forgetBackfill, readBackfills } from '../database/backfills.ts'
import { resetSession } from '../database/prepare.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { findTarget, type Target } from './key.ts'

/** How a backfill begins and how it ends, both under the run lock. */

/**
 * Begins a backfill, or finds how far it is: its upper bound is fixed when it begins. Throws PlanRefused where it cannot go by its key,
 * or began with another one.
 */
export async function begin(run: Run, migration: Migration): Promise<{ begun: Backfill; target: Target }> {
  const { session, table } = run
  const { backfill } = migration.directives
  if (!backfill) throw new Error(`${migration.name} is no backfill`)
  const known = (await readBackfills(session, table)).find(({ name }) => name === migration.name)
  if (known && (known.relation !== backfill.table || known.key !== backfill.key)) throw otherKey(migration, known)
  if (!known && migration.conditions?.check) await (await import('../apply/conditions.ts')).askBefore(run, migration)
  let found: { begun: Backfill; target: Target } | undefined
  // Where somebody locks the table, the run lock must not be held for as long without a word.
  const attempt = async (): Promise<void> => {
    const limits = setLimits(limitsOf(run.config, migration), 'set local')
    await session.queries(['begin', ...resetSession(session), ...limits, ...exactKeys].join('; '))
    const target = await findTarget(session, migration)
    const bounds = known ? undefined : await boundsOf(session, backfill)
    await session.queries('set local lock_timeout = 0')
    const upper = bounds?.to
    found = {
      begun: known ?? (await beginBackfill(session, table, migration, { upper, expected: target.expected })),
      target,
    }
    await session.queries('commit')
  }
  await retry(run, migration, rollingBack(run, attempt), (error) =>
    asFailure(migration, error, 'Nothing of it was run.'),
  )
  if (!found) throw new Error(`${migration.name} did not begin`)
  return found
}

function otherKey({ file, name }: Migration, { relation, key, keys_done }: Backfill): Failure {
  return new Failure('PlanRefused', {
    summary: `${file} began to go through ${relation} by ${key}, and names another table or key now`,
    state: [`Batches of ${keys_done} keys are done and kept.`],
    remedy: {
      kind: 'changeFiles',
      change: `write "-- lotse: backfill ${relation}(${key})" again in ${file} (or settle it by lotse repair applied ${name} and write a new one)`,
    },
  })
}

/** Records a backfill in the history whose batches are all done. What is to be true after it is asked in the same transaction. */
export async function recordBackfill(run: Run, migration: Migration, { busy_ms }: Backfill): Promise<void> {
  const { session, table, emit, progress } = run
  const work = upWork(run, migration, false)
  try {
    await sendInTransaction(run, migration, '')
    if (asksAfter(work)) await (await import('../apply/conditions.ts')).askAfter(run, migration)
    await commit(run, migration, `${work.settle(Number(busy_ms))}; ${forgetBackfill(table, migration.name)}`)
  } catch (error) {
    await session.cleanUp('rollback')
    throw error
  }
  progress.done.add(migration.name)
  emit({ event: 'migration.applied', name: migration.name, direction: 'up', elapsed: Number(busy_ms) })
}
