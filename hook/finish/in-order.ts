import { type Accepted, accepted, announcePlan, assertRunnable } from '../apply/refused-statements.ts'
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
import { forgetProven, type ProvenRollout } from '../database/rollout.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { finishPlan } from '../migration/finish-plan.ts'
import type { Migration } from '../migration/migration.ts'
import { makePlan } from '../migration/plan.ts'
import { planRefused } from '../report/refusal.ts'
import type { Proof } from './prove-rollout.ts'

/** What finishing needs besides its session. */
export type Finishing = {
  readonly config: Config
  readonly table: HistoryTable
  readonly folder: readonly Migration[]
  readonly emit: Emit
  readonly progress: Progress
  /** Undefined where no rollout is waited for. */
  readonly proof: Proof | undefined
}

/**
 * Runs what waits for the rollout, in the order of names: contract migrations under the run lock, the batches of backfills without. Returns
 * the soak where that is not over yet. Without a proof, whoever calls it knows that no older version is left.
 * Throws PlanRefused while something is pending that has to be there for the rollout, and what the proof throws.
 */
export async function finishInOrder(session: Session, finishing: Finishing): Promise<ProvenRollout | undefined> {
  const { config, table, folder, emit, progress, proof } = finishing
  // First without the lock, as `up` does: with nothing to do, nobody is waited for, and Kubernetes is not asked.
  const seen = await readHistory(session, table, 'apply')
  const first = planOf(finishing, seen)
  if (first.kind === 'upToDate') return void announcePlan(first, seen.rows, emit)
  if (!seen.granted) throw await refusedAccess(session, table, 'apply')
  await assertRunnable(first.steps, 'up')
  await prepareSession(session, config, emit)
  let told = false
  if (proof) {
    announcePlan(first, seen.rows, emit)
    told = true
    const soaking = await proof.wait(session, table)
    if (soaking) return soaking
  }
  const foreseen = config.check === 'off' ? undefined : await checkBeforeRun(session, first.steps, config, table, emit)
  for (;;) {
    const next = await withLock(session, table, config.budget.lockWait, emit, async (): Promise<Next> => {
      const history = await readToWrite(session, table, 'apply')
      const plan = planOf(finishing, history)
      if (!told) announcePlan(plan, history.rows, emit)
      told = true
      if (plan.kind === 'upToDate') return { kind: 'done' }
      if (history.rows.some(({ adoptedFrom }) => adoptedFrom)) {
        const { appliedSinceAdoption } = await import('../adopt/since-adoption.ts')
        const refusals = await appliedSinceAdoption(session, config, folder, history.rows, plan.steps, emit)
        if (refusals.length > 0) throw planRefused(refusals)
      }
      const begun = new Set(history.rows.map(({ name }) => name))
      const keep = await keepingMore(session, table, plan.steps, begun, foreseen)
      const run: Run = { config, session, table: keep, emit, deadline: performance.now() + config.budget.run, progress }
      return untilBackfill(run, proof, begun, plan.steps)
    })
    switch (next.kind) {
      case 'done':
        if (proof) await forgetProven(session, table)
        return undefined
      case 'unproven': {
        // Without the run lock: the release that is under way takes it, too.
        const soaking = await proof?.wait(session, table)
        if (soaking) return soaking
        break
      }
      case 'backfill': {
        // Without the run lock: a release must not wait for a backfill of hours.
        await fill(session, finishing, next)
      }
    }
  }
}

/**
 * Applies all of these steps in their order, backfills batch by batch, also where that is the first run of their history: for a folder that no rollout waits
 * for, with a run lock of its own. `begun` has the names that have a row. Throws as apply() and runBackfill() do.
 */
export async function applyEveryPhase(
  run: Run,
  begun: ReadonlySet<string>,
  steps: readonly Migration[],
): Promise<void> {
  for (let left = steps; ; ) {
    const next = await untilBackfill(run, undefined, begun, left)
    if (next.kind !== 'backfill') return
    await fill(run.session, { ...run, proof: undefined }, next)
    left = left.slice(left.indexOf(next.migration))
  }
}

/** What follows what was done under the run lock. */
type Next = { readonly kind: 'done' | 'unproven' } | ({ readonly kind: 'backfill' } & Begun)

type Begun = { readonly migration: Migration; readonly target: Target }

/** Runs the batches of a backfill that has begun, and notes it as what is under way. */
async function fill(
  session: Session,
  { config, table, emit, progress, proof }: Omit<Finishing, 'folder'>,
  { migration, target }: Begun,
): Promise<void> {
  progress.running = migration.name
  const assertCurrent = proof?.assertCurrent ?? (() => {})
  await runBackfill({ session, config, table, migration, emit, assertCurrent }, target)
  progress.running = undefined
}

/**
 * Applies steps in their order, under the run lock, until a backfill has batches to run, or the rollout is not complete any more: a
 * contract migration only runs where no older version is left.
 */
async function untilBackfill(
  run: Run,
  proof: Proof | undefined,
  rows: ReadonlySet<string>,
  steps: readonly Migration[],
): Promise<Next> {
  const { apply } = await import('../apply/apply.ts')
  const index = steps.findIndex(({ directives }) => directives.backfill)
  const before = index < 0 ? steps : steps.slice(0, index)
  if (before.length > 0 && proof && !(await proof.holds())) return { kind: 'unproven' }
  await apply(
    run,
    before.map((step) => upWork(run, step, rows.has(step.name) || !step.directives.transaction)),
  )
  const migration = steps[index]
  if (!migration) return { kind: 'done' }
  const { begun, target } = await begin(run, migration)
  if (begun.state === 'cancelled') throw cancelled(migration.name, begun)
  if (begun.state !== 'done') return { kind: 'backfill', migration, target }
  await recordBackfill(run, migration, begun)
  return untilBackfill(run, proof, rows, steps.slice(index + 1))
}

function planOf({ config, folder }: Finishing, { rows }: History): Accepted {
  return accepted(finishPlan(makePlan(folder, rows, config.allow, rows.length === 0)))
}
