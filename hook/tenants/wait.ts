import type { Config } from '../config/config.ts'
import type { Tenants } from '../config/tenants.ts'
import { describeTarget } from '../database/connect.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { readContents } from '../folder/read.ts'
import { breakingAhead, lacking } from '../migration/plan.ts'
import { poll } from '../poll.ts'
import { planRefused } from '../report/refusal.ts'
import { tenants as amountOf, someOf } from '../report/tenants.ts'
import { standingsOf } from './standings.ts'

/** Between two looks; the spread keeps many pods from looking at once. Milliseconds. */
const pause = { least: 500, spread: 1_500 }

type State = { readonly total: number; readonly behind: readonly string[]; readonly lacks: readonly string[] }

/**
 * Waits until every tenant has every migration of the folder, as `wait` does for one schema. Each look reads all histories by one statement, in a connection of its own.
 * Throws PlanRefused for a tenant that is breaking, WaitTimeout that names who is behind.
 */
export async function waitForTenants(
  config: Config,
  tenants: Tenants,
  signal: AbortSignal,
  emit: Emit,
  onWait: () => void,
): Promise<void> {
  const contents = readContents(config)
  const folder = await (await contents).migrations()
  const target = describeTarget(config.database)
  const budget = config.budget.run
  const tellDatabase: Emit = (event) => {
    if (event.event !== 'database.waiting') return
    emit(event)
    onWait()
  }
  const ended = await poll<true, State>(
    {
      budget,
      signal,
      pause: () => pause.least + Math.random() * pause.spread,
      report: ({ total, behind }, elapsed) => {
        emit({ event: 'tenants.waiting', target, total, behind, elapsed, budget })
        onWait()
      },
    },
    async (left) => {
      const connect = Math.max(1, left)
      const { all, standings } = await standingsOf({ config, tenants, signal, contents, emit: tellDatabase, connect })
      const behind: string[] = []
      const lacks: string[] = []
      for (const { tenants, history } of standings) {
        if (history instanceof Failure) throw history
        const breaking = breakingAhead(folder, history.rows)
        if (breaking.length > 0 && !config.allow.includes('ahead-breaking'))
          throw planRefused(breaking).with({ details: [`So it is with ${someOf(tenants)}.`] })
        const missing = lacking(folder, history.rows)
        if (missing.length === 0) continue
        behind.push(...tenants)
        lacks.push(`- ${someOf(tenants, 3)}: ${someOf(missing, 3)}`)
      }
      const state = { total: all.length, behind: behind.sort(), lacks }
      return behind.length === 0 ? { kind: 'found', value: true } : { kind: 'waiting', state }
    },
  )
  if (ended.kind === 'timeout') throw timeout(target, ended.state, budget)
}

function timeout(target: string, { total, behind, lacks }: State, budget: number): Failure {
  return new Failure('WaitTimeout', {
    summary: `${behind.length} of ${amountOf(total)} in ${target} still lack migrations after ${Math.round(budget / 1000)} s`,
    details: lacks.slice(0, 10),
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy: 'see why they were not migrated: lotse status shows who is behind, and why a tenant failed',
  })
}
