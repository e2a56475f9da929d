import { downWork } from '../apply/work.ts'
import type { Config } from '../config/config.ts'
import { readDowns, readHistory, type StoredDown } from '../database/history.ts'
import { withLock } from '../database/lock.ts'
import { withSessions } from '../database/reconnect.ts'
import { historyTable } from '../database/table.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { checksum } from '../migration/checksum.ts'
import { prepareSession } from './up.ts'

/**
 * Reverts every migration applied after `to`, newest first, by the SQL that the history holds: an image that lacks the files can do
 * it too. Returns the names reverted. Throws PlanRefused before anything runs when one of them cannot be reverted.
 */
export async function down(config: Config, to: string, signal: AbortSignal, emit: Emit): Promise<readonly string[]> {
  const deadline = performance.now() + config.budget.run
  const table = historyTable(config.history)
  const reverted = new Set<string>()
  const noting: Emit = (event) => {
    if (event.event === 'migration.applied') reverted.add(event.name)
    emit(event)
  }
  // Decided once: after a lost connection the rest of the same list is reverted, no matter what was applied meanwhile.
  let planned: readonly string[] | undefined
  await withSessions(config, signal, emit, async (session) => {
    await prepareSession(session, config)
    await withLock(session, table, config.budget.lockWait, emit, async () => {
      const { rows } = await readHistory(session, table)
      const stored = rows.length > 0 ? await readDowns(session, table) : []
      planned ??= toRevert(stored, to)
      const works = stored
        .filter((row) => planned?.includes(row.name))
        .map((row) => ({ name: row.name, text: row.down_sql ?? '' }))
      if (works.length === 0) return
      const { apply } = await import('../apply/apply.ts')
      const run = { config, session, table, emit: noting, deadline }
      await apply(
        run,
        works.map(({ name, text }) => downWork(run, name, text)),
      )
    })
  })
  return [...reverted]
}

/** Names to revert, newest first; `stored` is in that order. */
function toRevert(stored: readonly StoredDown[], to: string): readonly string[] {
  const index = stored.findIndex((row) => row.name === to)
  if (index < 0) throw unknown(to, stored)
  const rows = stored.slice(0, index)
  const problems = rows.flatMap((row) => {
    if (row.down_sql === null)
      return [`- ${row.name} came without a ${row.name}.down.sql, so nothing is known that reverts it`]
    if (checksum(row.down_sql) !== row.down_checksum)
      return [`- ${row.name}: the SQL that reverts it was changed in the history; its checksum no longer fits`]
    return []
  })
  if (problems.length === 0) return rows.map((row) => row.name)
  throw new Failure('PlanRefused', {
    summary: `${problems.length} of the ${rows.length} migrations after ${to} cannot be reverted`,
    details: problems,
    state: ['Nothing was changed.'],
    remedy: 'write a new migration that undoes them, and roll forward',
  })
}

function unknown(to: string, stored: readonly StoredDown[]): Failure {
  const newest = stored.slice(0, 5).map((row) => row.name)
  return new Failure('PlanRefused', {
    summary: `${to} is not in the history`,
    details: newest.length > 0 ? [`The newest there are ${newest.join(', ')}.`] : ['The history is empty.'],
    state: ['Nothing was changed.'],
    remedy: 'name the migration that shall stay the newest one, as lotse status shows it',
  })
}
