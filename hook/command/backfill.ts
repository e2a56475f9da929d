import type { BackfillAction } from '../cli/invocation.ts'
import { readBackfills, steer } from '../database/backfills.ts'
import { historyTable } from '../database/lock.ts'
import { withSession } from '../database/session.ts'
import { Failure } from '../failure.ts'
import { nameOf } from '../migration/name.ts'
import type { Context } from './context.ts'

const steering = {
  pause: { state: 'paused', change: 'paused; lotse backfill resume lets it go on' },
  resume: { state: 'running', change: 'goes on where it stood, with the lotse finish that runs, or else the next one' },
  cancel: { state: 'cancelled', change: 'cancelled; what is done is kept, and what comes after it waits' },
} as const

/**
 * Pauses, resumes or cancels a backfill that has begun. Takes no run lock: the finish that runs it hears of it after its batch.
 * Throws PlanRefused where none of that name has begun.
 */
export async function steerBackfill(
  { config, signal, emit }: Context,
  action: BackfillAction,
  given: string,
): Promise<void> {
  const table = historyTable(config.history)
  const name = nameOf(given)
  await withSession(
    config,
    signal,
    () => {},
    async (session) => {
      const { state, change } = steering[action]
      if ((await steer(session, table, name, state)) !== undefined)
        return emit({ event: 'history.changed', name, change })
      const begun = (await readBackfills(session, table)).map((each) => each.name)
      throw new Failure('PlanRefused', {
        summary: `no backfill ${name} is under way`,
        details: begun.length > 0 ? [`Under way: ${begun.join(', ')}.`] : [],
        state: ['Nothing was changed.'],
        remedy: 'see lotse status: a backfill begins with lotse finish, and ends as an applied migration',
      })
    },
  )
}
