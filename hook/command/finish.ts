import { historyTable } from '../database/lock.ts'
import { withSessions } from '../database/reconnect.ts'
import { finishInOrder } from '../finish/in-order.ts'
import { readMigrations } from '../folder/read.ts'
import type { Context } from './context.ts'

/**
 * Runs what `lotse up` has left for after the rollout: backfills and contract migrations. Returns the names applied; none when nothing
 * waits. Throws PlanRefused, before anything runs, while a migration is pending that comes before the rollout.
 */
export async function finish({ config, signal, emit, progress, env }: Context): Promise<readonly string[]> {
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  await withSessions(config, signal, emit, (session) =>
    finishInOrder(session, { config, table, folder, emit, progress }),
  )
  return [...progress.done]
}
