import { type Accepted, accepted, assertRunnable } from '../apply/refused-statements.ts'
import { keepingMore, type Progress, type Run, upWork } from '../apply/work.ts'
import { begin, recordBackfill } from '../backfill/begin-and-record.ts'
import type { Target } from '../backfill/key.ts'
import { cancelled, runBackfill } from '../backfill/run-backfill.ts'
import { checkBeforeRun } from '../check/judge-pending.ts'
import type { Config } from '../config/config.ts'
import { type History, readHistory, readToWrite } from '../database/history.ts'
import { refusedAccess } from '../database/history-access.ts'
import { type HistoryTable, withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { finishPlan } from '../migration/finish-plan.ts'
import type { Migration } from '../migration/migration.ts'
import { makePlan } from '../migration/plan.ts'
import { planRefused } from '../report/refusal.ts'

/** What finishing needs besides its session. */
export type Finishing = {
  readonly config: Config
  readonly table: HistoryTable
  readonly folder: readonly Migration[]
  readonly emit: Emit
  readonly progress: Progress
}

/**
 * Runs what waits for the rollout, in the order of names: contract migrations under the run lock, the batches of backfills without. Whoever calls it knows that no older version is left.
 * Throws PlanRefused while something is pending that has to be there for the rollout.
 */
export async function finishInOrder(session: Session, finishing: Finishing): Promise<void> {
  const { config, table, folder, emit, progress } = finishing
  // First without the lock, as `up` does: with nothing to do, nobody is waited for.
  const seen = await readHistory(session, table, 'apply')
  const first = planOf(finishing, seen)
  if (first.kind === 'upToDate') return announce(first, seen, emit)
  if (!seen.granted) throw await refusedAccess(session, table, 'apply')
  await assertRunnable(first.steps, 'up')
  const foreseen = config.check === 'off' ? undefined : await checkBeforeRun(session, first.steps, config, table, emit)
  await prepareSession(session, config, emit)
  let told = false
  for (;;) {
    const backfill = await withLock(session, table, config.budget.lockWait, emit, async () => {
      const history = await readToWrite(session, table, 'apply')
      const plan = planOf(finishing, history)
      if (!told) announce(plan, history, emit)
      told = true
      if (plan.kind === 'upToDate') return undefined
      if (history.rows.some(({ adoptedFrom }) => adoptedFrom)) {
        const { appliedSinceAdoption } = await import('../adopt/since-adoption.ts')
        const refusals = await appliedSinceAdoption(session, config, folder, history.rows, plan.steps, emit)
        if (refusals.length > 0) throw planRefused(refusals)
      }
      const begun = new Set(history.rows.map(({ name }) => name))
      const keep = await keepingMore(session, table, plan.steps, begun, foreseen)
      const run: Run = { config, session, table: keep, emit, deadline: performance.now() + config.budget.run, progress }
      return untilBackfill(run, begun, plan.steps)
    })
    if (!backfill) return
    // Without the run lock: a release must not wait for a backfill of hours.
    const { migration, target } = backfill
    progress.running = migration.name
    await runBackfill({ session, config, table, migration, emit }, target)
    progress.running = undefined
  }
}

type Begun = { readonly migration: Migration; readonly target: Target }

/** Applies steps in their order, under the run lock, until a backfill has batches to run. Returns that one; undefined when all is done. */
async function untilBackfill(
  run: Run,
  rows: ReadonlySet<string>,
  steps: readonly Migration[],
): Promise<Begun | undefined> {
  const { apply } = await import('../apply/apply.ts')
  const index = steps.findIndex(({ directives }) => directives.backfill)
  const before = index < 0 ? steps : steps.slice(0, index)
  await apply(
    run,
    before.map((step) => upWork(run, step, rows.has(step.name) || !step.directives.transaction)),
  )
  const migration = steps[index]
  if (!migration) return undefined
  const { begun, target } = await begin(run, migration)
  if (begun.state === 'cancelled') throw cancelled(migration.name, begun)
  if (begun.state !== 'done') return { migration, target }
  await recordBackfill(run, migration, begun)
  return untilBackfill(run, rows, steps.slice(index + 1))
}

function planOf({ config, folder }: Finishing, { rows }: History): Accepted {
  return accepted(finishPlan(makePlan(folder, rows, config.allow, rows.length === 0)))
}

function announce(plan: Accepted, { rows }: History, emit: Emit): void {
  const pending = plan.kind === 'pending' ? plan.steps.map(({ name }) => name) : []
  const applied = rows.filter(({ state }) => state === 'applied').length
  if (plan.ahead.length > 0) emit({ event: 'plan.ahead', unknown: plan.ahead })
  emit({ event: 'plan.made', pending, applied, deferred: [] })
}
