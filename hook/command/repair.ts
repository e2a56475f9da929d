import type { RepairAction } from '../cli/invocation.ts'
import { keepingAccepted } from '../database/accepted.ts'
import { forgetBackfill, readBackfills } from '../database/backfills.ts'
import { openHistory } from '../database/history.ts'
import { historyTable, withLock } from '../database/lock.ts'
import { withPreparedSession } from '../database/reconnect.ts'
import { accept, forget, takeForApplied } from '../database/record.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import { nameOf } from '../migration/name.ts'
import type { Context } from './context.ts'

/**
 * Fixes the history of one migration by hand, under the lock and without running it: `accept` accepts its edited file, `applied`
 * marks it as applied, `pending` as pending. Throws PlanRefused when there is nothing of that kind to fix.
 */
export async function repair(
  { config, signal, emit, env }: Context,
  action: RepairAction,
  given: string,
): Promise<void> {
  const table = historyTable(config.history)
  const name = nameOf(given)
  const folder = action === 'pending' ? [] : await readMigrations(config, env)
  const file = folder.find((each) => each.name === name)
  if (action !== 'pending' && !file)
    throw refused(`there is no migration ${name} in the folder`, 'name one that the folder has')
  await withPreparedSession(config, signal, emit, async (session) => {
    await withLock(session, table, config.budget.lockWait, emit, async () => {
      const row = (await openHistory(session, table, emit)).rows.find((each) => each.name === name)
      if (action === 'accept' && !['applied', 'reverting'].includes(row?.state ?? ''))
        throw refused(`${name} is not applied, so there is nothing to accept`, 'lotse up applies it')
      if (action === 'applied' && row?.state === 'applied')
        throw refused(`${name} is already applied`, 'nothing needs to be repaired')
      if (action === 'pending' && !row) throw refused(`${name} is not in the history`, 'nothing needs to be repaired')
      if (!file) {
        await session.query(forget(table, name))
        return emit({ event: 'history.changed', name, change: 'marked as pending; nothing was reverted' })
      }
      const ready = await keepingAccepted(session, table, [file], new Set([name]))
      await session.query(action === 'accept' ? accept(ready, file) : takeForApplied(session, ready, file, 'repair'))
      if (file.directives.backfill && (await readBackfills(session, table)).length > 0)
        await session.query(forgetBackfill(table, name))
      emit({
        event: 'history.changed',
        name,
        change: action === 'accept' ? 'accepted the edited file' : 'marked as applied; nothing was run',
      })
    })
  })
}

function refused(summary: string, remedy: string): Failure {
  return new Failure('PlanRefused', { summary, state: ['Nothing was changed.'], remedy })
}
