import { keepingAccepted } from '../database/accepted.ts'
import { openHistory } from '../database/history.ts'
import { historyTable, withLock } from '../database/lock.ts'
import { withPreparedSession } from '../database/reconnect.ts'
import { takeForApplied } from '../database/record.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import type { Migration } from '../migration/migration.ts'
import { nameOf } from '../migration/name.ts'
import type { Context } from './context.ts'

/**
 * Records every migration up to `to` as applied without running it. Only for an empty history: where there is one, repair fixes
 * single migrations. Returns the names recorded.
 */
export async function baseline({ config, signal, emit, env }: Context, to: string): Promise<readonly string[]> {
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  const end = folder.findIndex((migration) => migration.name === nameOf(to))
  if (end < 0) throw unknown(to, folder)
  return withPreparedSession(config, signal, emit, async (session) => {
    return withLock(session, table, config.budget.lockWait, emit, async () => {
      const { rows } = await openHistory(session, table, emit)
      if (rows.length > 0) throw notEmpty(rows.length)
      const baselined = folder.slice(0, end + 1).filter((migration) => !migration.baseline)
      const ready = await keepingAccepted(session, table, baselined)
      const inserts = baselined.map((migration) => takeForApplied(session, ready, migration, 'baseline'))
      await session.queries(['begin', ...inserts, 'commit'].join(';\n'))
      for (const { name } of baselined)
        emit({ event: 'history.changed', name, change: 'recorded as applied; nothing was run' })
      return baselined.map((migration) => migration.name)
    })
  })
}

function unknown(to: string, folder: readonly Migration[]): Failure {
  return new Failure('PlanRefused', {
    summary: `there is no migration ${to} in the folder`,
    details: [`It has ${folder[0]?.name} to ${folder.at(-1)?.name}.`],
    state: ['Nothing was changed.'],
    remedy: 'name the newest migration whose changes the database already has',
  })
}

function notEmpty(rows: number): Failure {
  return new Failure('PlanRefused', {
    summary: `the history already contains ${rows} migrations, and baseline needs an empty one`,
    state: ['Nothing was changed.'],
    remedy: 'mark single migrations as applied with lotse repair applied NAME',
  })
}
