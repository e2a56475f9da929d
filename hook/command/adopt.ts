import { adoptionText } from '../adopt/adoption-text.ts'
import { adoptHistory } from '../adopt/take-over.ts'
import type { AdoptFrom } from '../config/adopt-from.ts'
import { historyTable, withLock } from '../database/lock.ts'
import { withPreparedSession } from '../database/reconnect.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import type { Context } from './context.ts'

/**
 * Takes over the history of another tool, or shows what would be taken over. Runs no migration.
 * Throws PlanRefused when a row cannot be taken over, and when there is no history of another tool.
 */
export async function adopt(
  { config, signal, emit, print, env }: Context,
  from: AdoptFrom,
  dryRun: boolean,
): Promise<void> {
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  await withPreparedSession(config, signal, emit, async (session) => {
    await withLock(session, table, config.budget.lockWait, emit, async () => {
      const adoption = await adoptHistory({ session, table, config, emit: () => {} }, folder, from, dryRun)
      if (!adoption) throw nothingThere(from)
      print(adoptionText(adoption, dryRun))
    })
  })
}

function nothingThere({ tool, table }: AdoptFrom): Failure {
  const what = tool === 'auto' ? 'the history of another tool' : `${table ?? 'a table'} of ${tool}`
  return new Failure('PlanRefused', {
    summary: `this database has not ${what}`,
    state: ['Nothing was changed.'],
    remedy:
      'check that this is the database that the tool migrated; for a table of another name write --from TOOL:SCHEMA.TABLE',
  })
}
