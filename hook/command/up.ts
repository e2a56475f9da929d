import type { Config } from '../config/config.ts'
import { createHistory, type HistoryTable, historyTable, readHistory } from '../database/history.ts'
import { withLock } from '../database/lock.ts'
import { type Session, withSession } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { readMigrations } from '../migration/folder.ts'
import type { Applied } from '../migration/migration.ts'
import { makePlan, type Plan } from '../migration/plan.ts'
import { planRefused } from '../report/refusal.ts'

/**
 * Brings the schema to what the migrations folder needs. Returns the names applied, none when it was up to date.
 * Throws a Failure that says why the schema is not what it should be.
 */
export async function up(config: Config, signal: AbortSignal, emit: Emit): Promise<readonly string[]> {
  const folder = await readMigrations(config.migrations)
  const table = historyTable(config.history)
  return withSession(config, signal, emit, async (session) => {
    // First without the lock: a pod of an up-to-date version never waits behind somebody's long migration (goose#507).
    const seen = await readHistory(session, table)
    if (seen) {
      const plan = accepted(makePlan(folder, seen))
      if (plan.kind === 'upToDate') return announce(plan, seen, emit)
    }
    return withLock(session, table, config.budget.lockWait, signal, emit, async () => {
      const history = await openHistory(session, table, emit)
      const plan = accepted(makePlan(folder, history))
      announce(plan, history, emit)
      if (plan.kind === 'upToDate') return []
      const { apply } = await import('../apply/apply.ts')
      return apply(session, table, history, plan.steps, emit)
    })
  })
}

async function openHistory(session: Session, table: HistoryTable, emit: Emit): Promise<Applied[]> {
  const history = await readHistory(session, table)
  if (history) return history
  await createHistory(session, table)
  emit({ event: 'history.created', table: table.sql })
  return []
}

type Accepted = Exclude<Plan, { kind: 'refused' }>

function accepted(plan: Plan): Accepted {
  if (plan.kind === 'refused') throw planRefused(plan.refusals)
  return plan
}

/** Says what will happen; returns what was applied so far, which is nothing. */
function announce(plan: Accepted, history: readonly Applied[], emit: Emit): readonly string[] {
  const pending = plan.kind === 'pending' ? plan.steps.map((step) => step.name) : []
  if (plan.ahead.length > 0) emit({ event: 'plan.ahead', unknown: plan.ahead })
  emit({ event: 'plan.made', pending, applied: history.length })
  return []
}
