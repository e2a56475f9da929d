import { type Accepted, accepted, announcePlan, assertRunnable } from '../apply/refused-statements.ts'
import { keepingMore, type Observer, type Progress, upWork } from '../apply/work.ts'
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
import { type Contents, readContents } from '../folder/read.ts'
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
  context: Context,
  more: Pick<Bringing, 'observer' | 'everyPhase'> = {},
): Promise<readonly string[]> {
  const { config, signal, emit, progress, env } = context
  const started = performance.now()
  // Read while the connection is made; a folder that cannot be used is reported at once, whatever the database does.
  const contents = readContents(config, env)
  const share = (session: Session, table: HistoryTable): Promise<number> =>
    shareBudget(session, table, context, started)
  const run: Bringing = {
    config,
    contents,
    emit,
    progress,
    deadline: started + config.budget.run,
    ...(config.jobUid ? { share } : {}),
    ...more,
  }
  const work = async (): Promise<void> => {
    const left = await awaitServices(config, signal, emit)
    await withSessions(config, signal, emit, (session) => bring(session, run), left)
  }
  await Promise.race([work(), contents.then(({ unusable }) => unusable())])
  return [...progress.done]
}

/** What it takes to bring one schema to what the folder needs. */
export type Bringing = {
  readonly config: Config
  readonly contents: Promise<Contents>
  readonly emit: Emit
  readonly progress: Progress
  /** When the run has to be over, on the clock of performance.now(). */
  readonly deadline: number
  /** When the time that all attempts of a Job share is over, on the same clock. */
  readonly share?: (session: Session, table: HistoryTable) => Promise<number>
  readonly observer?: Observer
  readonly everyPhase?: boolean
}

/** Brings one schema to what the folder needs, in a session that may be any. Notes in `progress` what was applied. */
export async function bring(session: Session, run: Bringing): Promise<void> {
  const table = historyTable(run.config.history)
  await migrate(session, table, run)
  await letRead(session, table, run.config.history.readers, run.emit)
}

async function migrate(session: Session, table: HistoryTable, run: Bringing): Promise<void> {
  const { config, emit, everyPhase = false } = run
  // First without the lock: a pod of an up-to-date version never waits behind somebody's long migration (goose#507).
  const [summary, contents] = await Promise.all([readSummary(session, table), run.contents])
  const known = summary?.firstRun ? undefined : summary
  if (known && (await contents.comesTo(known.digest)))
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
  let foreseen: HistoryTable['foreseen']
  if (!adopting) {
    if (seen.rows.length === 0) await refuseOthers(session, config, folder)
    const plan = accepted(makePlan(folder, seen.rows, config.allow, everyPhase || seen.first))
    if (plan.kind === 'upToDate' && summary?.firstRun) await noteFirstRun(session, table, undefined)
    // An older image has nothing to write where a newer one has migrated.
    if (plan.kind === 'upToDate') return announcePlan(plan, seen.rows, emit)
    if (!seen.granted) throw await refusedAccess(session, table, 'apply')
    foreseen = await judge(session, table, plan, config, emit)
  }
  await prepareSession(session, config, emit)
  const deadline = run.share ? Math.min(run.deadline, await run.share(session, table)) : run.deadline
  await applyUnderLock(session, table, { ...run, deadline, folder, adopting, foreseen })
}

/** Says what the check finds in what is pending. Returns the work that it foresees. Throws PlanRefused for a file that cannot run, or that the check refuses. */
export async function judge(
  session: Session,
  table: HistoryTable,
  { steps, deferred }: Pending,
  config: Config,
  emit: Emit,
): Promise<HistoryTable['foreseen']> {
  // What waits for the rollout is not judged by tables that may change until then, but a file that cannot run is told before it.
  await assertRunnable([...steps, ...deferred], 'up')
  if (config.check === 'off' || !steps.some(isNotable)) return undefined
  const { checkBeforeRun } = await import('../check/judge-pending.ts')
  return checkBeforeRun(session, steps, config, table, emit)
}

/** What is known by the time the run lock is taken. */
export type Known = Bringing & {
  readonly folder: readonly Migration[]
  readonly adopting: AdoptFrom | undefined
  readonly foreseen: HistoryTable['foreseen']
}

/** Takes the run lock in a prepared session, and applies what is pending by then. */
export async function applyUnderLock(
  session: Session,
  table: HistoryTable,
  { config, emit, progress, deadline, observer, everyPhase, folder, adopting, ...known }: Known,
): Promise<void> {
  await withLock(session, table, lockBudget(config, deadline), emit, async () => {
    if (adopting) await adoptFirst({ session, table, config, emit }, folder, adopting)
    const history = await openHistory(session, table, emit)
    // Again: a foreign migrator may have held the run lock until now.
    if (history.rows.length === 0) await refuseOthers(session, config, folder)
    const plan = accepted(makePlan(folder, history.rows, config.allow, everyPhase || history.first))
    announcePlan(plan, history.rows, emit)
    if (plan.kind === 'upToDate') return
    const foreseen = adopting ? await judge(session, table, plan, config, emit) : known.foreseen
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

/** Lets the run end with the budget that all attempts of its Job share. Returns when that is, on the clock of performance.now(). */
export async function shareBudget(
  session: Session,
  table: HistoryTable,
  { config, failAfter }: Pick<Context, 'config' | 'failAfter'>,
  started: number,
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
  at: { session: Session; table: HistoryTable; config: Config; emit: Emit },
  folder: readonly Migration[],
  from: AdoptFrom,
): Promise<void> {
  if ((await readToWrite(at.session, at.table, 'apply')).rows.length > 0) return
  await (await import('../adopt/take-over.ts')).adoptHistory(at, folder, from)
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
