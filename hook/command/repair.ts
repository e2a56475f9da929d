import type { Config } from '../config/config.ts'
import { readHistory, upsert } from '../database/history.ts'
import { withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import { withSession } from '../database/session.ts'
import { historyTable, literal } from '../database/table.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../migration/folder.ts'
import { openHistory } from './up.ts'

const actions = ['accept', 'applied', 'pending'] as const

/**
 * Settles one migration by a person's word, under the lock and without running it: `accept` takes the file as it is now,
 * `applied` takes it for applied, `pending` for not applied. Throws PlanRefused when there is nothing of that kind to settle.
 */
export async function repair(
  config: Config,
  action: string,
  given: string,
  signal: AbortSignal,
  emit: Emit,
): Promise<void> {
  const table = historyTable(config.history)
  const name = given.replace(/(\.up)?\.(sql|ts|js|mjs|cjs)$/, '')
  if (!(actions as readonly string[]).includes(action))
    throw refused(`there is no repair "${action}"`, `use one of ${actions.join(', ')}`)
  const file = action === 'pending' ? undefined : readMigrations(config.migrations).find((each) => each.name === name)
  if (action !== 'pending' && !file)
    throw refused(`there is no migration ${name} in the folder`, 'name one that the folder has')
  await withSession(config, signal, emit, async (session) => {
    await prepareSession(session, config)
    await withLock(session, table, config.budget.lockWait, emit, async () => {
      await openHistory(session, table, emit)
      const row = (await readHistory(session, table)).rows.find((each) => each.name === name)
      if (action === 'accept' && row?.state !== 'applied')
        throw refused(`${name} is not applied, so there is nothing to accept`, 'lotse up applies it')
      if (action === 'applied' && row?.state === 'applied')
        throw refused(`${name} is applied already`, 'nothing needs to be repaired')
      if (action === 'pending' && !row) throw refused(`${name} is not in the history`, 'nothing needs to be repaired')
      if (!file) {
        await session.query(`delete from ${table.sql} where name = ${literal(name)}`)
        return emit({ event: 'history.changed', name, change: 'taken for not applied; nothing was reverted' })
      }
      const { checksum, directives, down } = file
      const [down_sql, down_checksum] = [down?.text ?? null, down?.checksum ?? null]
      await session.query(
        upsert(session, table, {
          name,
          checksum,
          state: 'applied',
          statements: [],
          under_way: null,
          breaking: directives.breaking,
          down_sql,
          down_checksum,
          origin: 'repair',
        }),
      )
      emit({
        event: 'history.changed',
        name,
        change: action === 'accept' ? 'accepted as the file is now' : 'taken for applied; nothing was run',
      })
    })
  })
}

function refused(summary: string, remedy: string): Failure {
  return new Failure('PlanRefused', { summary, state: ['Nothing was changed.'], remedy })
}
