import type { Config } from '../config/config.ts'
import { describeTarget } from '../database/connect.ts'
import { readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { withSession } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import { breakingAhead, lacking } from '../migration/plan.ts'
import { poll } from '../poll.ts'
import { planRefused } from '../report/refusal.ts'

/**
 * Waits until every migration of the folder is applied, for the whole budget of the run. Accepts a newer schema unless it is
 * breaking. Needs SELECT on the history alone and connects anew for each look, so that many waiting pods hold few connections.
 * Whether files were edited or lost is for the migrator to judge. Calls `onWait` once it is known that the schema is not ready.
 * Throws PlanRefused for a breaking schema, WaitTimeout that names what is still pending.
 */
export async function wait(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  onWait: () => void = () => {},
): Promise<void> {
  const folder = await readMigrations(config)
  const table = historyTable(config.history)
  const budget = config.budget.run
  const target = describeTarget(config.database)
  const tellDatabase: Emit = (event) => {
    if (event.event !== 'database.waiting') return
    emit(event)
    onWait()
  }
  let pending: readonly string[] = []
  const ended = await poll<true, readonly string[]>(
    {
      budget,
      signal,
      pause: () => pause.least + Math.random() * pause.spread,
      report: (pending, elapsed) => {
        emit({ event: 'schema.waiting', target, pending, elapsed, budget })
        onWait()
      },
    },
    async (left) => {
      // The gate has one budget for everything it waits for, the database included.
      const connect = Math.max(1, left)
      const looking = withSession(config, signal, tellDatabase, (session) => readHistory(session, table), connect)
      const { rows } = await looking.catch((error) => {
        // A look that the end of the budget cut short says less than the one before.
        const cutShort = pending.length > 0 && connect < shortLook && isUnreachable(error)
        throw cutShort ? timeout(target, pending, budget) : error
      })
      const breaking = breakingAhead(folder, rows)
      if (breaking.length > 0 && !config.allow.includes('ahead-breaking')) throw planRefused(breaking)
      pending = lacking(folder, rows)
      return pending.length === 0 ? { kind: 'found', value: true } : { kind: 'waiting', state: pending }
    },
  )
  if (ended.kind === 'timeout') throw timeout(target, ended.state, budget)
}

/** Between two looks; the spread keeps many pods from looking at once. Milliseconds. */
const pause = { least: 500, spread: 1_500 }

/** A database that is well may take so many milliseconds to answer where everything starts at once. */
const shortLook = 5_000

function isUnreachable(error: unknown): boolean {
  return error instanceof Failure && error.reason === 'DatabaseUnreachable'
}

/** How many pending migrations a message names. */
const most = 10

function timeout(target: string, pending: readonly string[], budget: number): Failure {
  const shown = pending.slice(0, most).map((name) => `- ${name}`)
  return new Failure('WaitTimeout', {
    summary: `database ${target} still lacks ${pending.length} migration${pending.length === 1 ? '' : 's'} after ${Math.round(budget / 1000)} s`,
    details: pending.length > most ? [...shown, `- and ${pending.length - most} more`] : shown,
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy:
      'see why the migrator has not applied them: its log says (kubectl logs job/…-migrator), lotse status shows where it stands',
  })
}
