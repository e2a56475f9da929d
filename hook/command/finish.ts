import { formatDuration } from '../config/duration.ts'
import { historyTable } from '../database/lock.ts'
import { withSessions } from '../database/reconnect.ts'
import { finishInOrder } from '../finish/in-order.ts'
import { readMigrations } from '../folder/read.ts'
import type { Context } from './context.ts'

/** What a finish has applied, and why that is not all where it is not. */
export type Ending = { readonly names: readonly string[]; readonly because?: string }

/**
 * Runs what `lotse up` has left for after the rollout, backfills and contract migrations, once that rollout is complete and its soak is over.
 * Throws PlanRefused, before anything runs, while a migration is pending that comes before the rollout; WaitTimeout where that is not complete.
 */
export async function finish({ config, signal, emit, progress, env }: Context): Promise<Ending> {
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  const { rollout } = config
  // Loaded only where there is a rollout to wait for; kept for all sessions of the run, since what it has seen outlives a lost connection.
  const prover = rollout && (await import('../finish/prove-rollout.ts'))
  const proof = rollout && prover?.proofOf(rollout, signal, emit)
  try {
    const soaking = await withSessions(config, signal, emit, (session) =>
      finishInOrder(session, { config, table, folder, emit, progress, proof }),
    )
    const names = [...progress.done]
    if (!soaking) return { names }
    const soak = formatDuration(soaking.soak)
    return {
      names,
      because: `rollback stays possible until ${soaking.until} UTC (soak ${soak}), and nothing is run before`,
    }
  } catch (error) {
    if (!prover || !rollout || !(error instanceof prover.Superseded)) throw error
    emit({ event: 'rollout.superseded', version: rollout.version, found: error.message })
    return { names: [...progress.done], because: `superseded: ${error.message}` }
  }
}

/**
 * Waits for the rollout and for the whole soak after it, so that something else may run then. Needs no database. Returns what is true then,
 * as a sentence without its full stop. Throws WaitTimeout where the rollout is not complete in time.
 */
export async function awaitRollout({ config: { rollout }, signal, emit }: Context): Promise<string> {
  if (!rollout) throw new Error('no rollout is named')
  const { proofOf } = await import('../finish/prove-rollout.ts')
  await proofOf(rollout, signal, emit).waitAlone()
  return `the rollout of version ${rollout.version} is complete${rollout.soak > 0 ? ` for ${formatDuration(rollout.soak)}` : ''}`
}
