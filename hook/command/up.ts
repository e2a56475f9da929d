import { type Accepted, accepted, announcePlan, assertRunnable } from '../apply/refused-statements.ts'
import { keepingMore, type Observer, upWork } from '../apply/work.ts'
import type { AdoptFrom } from '../config/adopt-from.ts'
import type { Config } from '../config/config.ts'
import { type History, noteFirstRun, openHistory, readHistory, readSummary, readToWrite } from '../database/history.ts'
import { refusedAccess } from '../database/history-access.ts'
import { letRead } from '../database/history-readers.ts'
import { type HistoryTable, historyTable, lockBudget, withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import { withSessions } from '../database/reconnect.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { readContents } from '../folder/read.ts'
import { awaitServices } from '../gate/wait-for-services.ts'
import { digestOf } from '../migration/checksum.ts'
import { leftToFinish, waitingOf } from '../migration/finish-plan.ts'
import type { Migration } from '../migration/migration.ts'
import { isDeferred, makePlan } from '../migration/plan.ts'
import { planRefused } from '../report/refusal.ts'
import type { Context } from './context.ts'

/**
 * Brings the schema to what the migrations folder needs. Returns the names applied; none when it was up to date.
 * Throws a Failure that says why the schema is not what the folder needs. An observer looks at each statement. `everyPhase`: nothing is left for
 * `lotse finish`, since no rollout waits for this folder.
 */
export async function up(
  { config, signal, failAfter, emit, progress, env }: Context,
  { observer, everyPhase = false }: { readonly observer?: Observer; readonly everyPhase?: boolean } = {},
): Promise<readonly string[]> {
  const started = performance.now()
  let deadline = started + config.budget.run
  // Read while the connection is made; a folder that cannot be used is reported at once, whatever the database does.
  const reading = readContents(config, env)
  const table = historyTable(config.history)
  let foreseen: HistoryTable['foreseen']
  const judge = async (session: Session, { steps, deferred }: Pending): Promise<void> => {
    // What waits for the rollout is not judged by tables that may change until then, but a file that cannot run is told before it.
    await assertRunnable([...steps, ...deferred], 'up')
    if (config.check === 'off' || !steps.some(isNotable)) return
    const { checkBeforeRun } = await import('../check/judge-pending.ts')
    foreseen = await checkBeforeRun(session, steps, config, table, emit)
  }
  const bring = async (session: Session): Promise<void> => {
    // First without the lock: a pod of an up-to-date version never waits behind somebody's long migration (goose#507).
    const [summary, contents] = await Promise.all([readSummary(session, table), reading])
    const known = summary?.firstRun ? undefined : summary
    if (known?.digest === contents.digest)
      return emit({ event: 'plan.made', pending: [], applied: known.amount, deferred: [] })
    const folder = await contents.migrations()
    if (known && !everyPhase && folder.some(isDeferred)) {
      const { applied, deferred } = leftToFinish(folder, known.amount)
      if (known.digest === digestOf(applied))
        return emit({ event: 'plan.made', pending: [], applied: known.amount, deferred: deferred.map(waitingOf) })
    }
    const seen = await readHistory(session, table, 'apply')
    // What of the folder is pending is known only once the other tool's history is taken over.
    const adopting = seen.rows.length === 0 ? config.adopt : undefined
    if (!adopting) {
      if (seen.rows.length === 0) await refuseOthers(session, config, folder)
      const plan = accepted(makePlan(folder, seen.rows, config.allow, everyPhase || seen.first))
      if (plan.kind === 'upToDate' && summary?.firstRun) await noteFirstRun(session, table, undefined)
      // An older image has nothing to write where a newer one has migrated.
      if (plan.kind === 'upToDate') return announcePlan(plan, seen.rows, emit)
      if (!seen.granted) throw await refusedAccess(session, table, 'apply')
      await judge(session, plan)
    }
    await prepareSession(session, config, emit)
    if (config.jobUid) deadline = Math.min(deadline, await shareBudget(session, table, config, started, failAfter))
    await withLock(session, table, lockBudget(config, deadline), emit, async () => {
      if (adopting) await adoptFirst(session, table, config, folder, adopting, emit)
      const history = await openHistory(session, table, emit)
      // Again: a foreign migrator may have held the run lock until now.
      if (history.rows.length === 0) await refuseOthers(session, config, folder)
      const plan = accepted(makePlan(folder, history.rows, config.allow, everyPhase || history.first))
      announcePlan(plan, history.rows, emit)
      if (plan.kind === 'upToDate') return
      if (adopting) await judge(session, plan)
      if (history.rows.some(({ adoptedFrom }) => adoptedFrom))
        await refuseAppliedSince(session, config, folder, history, plan.steps, emit)
      const { apply } = await import('../apply/apply.ts')
      const atOnce = history.first && !everyPhase && plan.steps.some(isDeferred)
      if (atOnce) await noteFirstRun(session, table, plan.steps.at(-1)?.name)
      const begun = new Set(history.rows.map((row) => row.name))
      const keep = await keepingMore(session, table, plan.steps, begun, foreseen)
      const run = { config, session, table: keep, emit, deadline, progress, ...(observer ? { observer } : {}) }
      if (everyPhase) return (await import('../finish/in-order.ts')).applyEveryPhase(run, begun, plan.steps)
      await apply(
        run,
        plan.steps.map((step) => upWork(run, step, begun.has(step.name) || !step.directives.transaction)),
      )
      if (atOnce) await noteFirstRun(session, table, undefined)
    })
  }
  const work = async (): Promise<void> => {
    const left = await awaitServices(config, signal, emit)
    const migrate = async (session: Session): Promise<void> => {
      await bring(session)
      await letRead(session, table, config.history.readers, emit)
    }
    await withSessions(config, signal, emit, migrate, left)
  }
  await Promise.all([reading, work()])
  return [...progress.done]
}

/** Lets the run end with the budget that all attempts of its Job share. Returns when that is, on the clock of performance.now(). */
async function shareBudget(
  session: Session,
  table: HistoryTable,
  config: Config,
  started: number,
  failAfter: Context['failAfter'],
): Promise<number> {
  const { remainderOfRun } = await import('../database/attempts.ts')
  const { left, failure } = await remainderOfRun(session, table, config, performance.now() - started)
  failAfter(left, failure)
  return performance.now() + left
}

/** Throws PlanRefused when another tool has migrated this database: every migration would run again. */
async function refuseOthers(session: Session, config: Config, folder: readonly Migration[]): Promise<void> {
  const { otherHistories } = await import('../adopt/other-histories.ts')
  const refusals = await otherHistories(session, config, folder)
  if (refusals.length > 0) throw planRefused(refusals)
}

/** Takes another tool's history over, unless there is a history by now: whoever held the run lock before may have done it. */
async function adoptFirst(
  session: Session,
  table: HistoryTable,
  config: Config,
  folder: readonly Migration[],
  from: AdoptFrom,
  emit: Emit,
): Promise<void> {
  if ((await readToWrite(session, table, 'apply')).rows.length > 0) return
  const { adoptHistory } = await import('../adopt/take-over.ts')
  await adoptHistory({ session, table, config, emit }, folder, from)
}

/** Throws PlanRefused when a tool whose history was taken over has since applied what is pending here. */
async function refuseAppliedSince(
  session: Session,
  config: Config,
  folder: readonly Migration[],
  { rows }: History,
  steps: readonly Migration[],
  emit: Emit,
): Promise<void> {
  const { appliedSinceAdoption } = await import('../adopt/since-adoption.ts')
  const refusals = await appliedSinceAdoption(session, config, folder, rows, steps, emit)
  if (refusals.length > 0) throw planRefused(refusals)
}

/** Words without which no statement can keep an application waiting, or break it: they spare most files the parser and the rules. */
const notable =
  /\b(?:alter|drop|truncate|reindex|cluster|vacuum|refresh|lock|revoke|update|delete|merge|select|trigger|index|partition|restrictive)\b|\bdo\s+(?:\$|'|language)|\w{64}/i

/** Whether a migration may be worth a look before it runs. Says too much rather than too little. */
export function isNotable({ text, directives }: Pick<Migration, 'text' | 'directives'>): boolean {
  return notable.test(text) || directives.accepts.length > 0
}

type Pending = Extract<Accepted, { kind: 'pending' }>
