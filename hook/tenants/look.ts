import type { Progress } from '../apply/work.ts'
import type { Config } from '../config/config.ts'
import { type Tenants, tenantSearchPath } from '../config/tenants.ts'
import { forgetFailed, readFailed } from '../database/failed-tenants.ts'
import { type HistoryTable, historyTable } from '../database/lock.ts'
import type { Session } from '../database/session.ts'
import { largestSchema } from '../database/tenant-histories.ts'
import type { Emit } from '../event.ts'
import type { Contents } from '../folder/read.ts'
import { makePlan, type Plan } from '../migration/plan.ts'
import { listTenants } from './list.ts'
import { inGroups } from './order.ts'
import type { Failed } from './outcome.ts'
import type { One } from './run-each.ts'
import { survey } from './survey.ts'
import { tellingOf } from './tell.ts'

/** What `lotse up` does to one schema, given from above. */
export type Steps = {
  /** Finds out where the schema stands, and brings it to what the folder needs. */
  readonly bring: (session: Session, one: One, deadline: number) => Promise<void>
  /** The same for a schema of which that is known: it begins with taking the run lock. */
  readonly apply: (session: Session, one: One, deadline: number) => Promise<void>
  /** Says what the check finds. Throws PlanRefused for a file that cannot run, or that the check refuses. */
  readonly judge: (session: Session, table: HistoryTable, plan: Pending, emit: Emit) => Promise<unknown>
  /** When the time that all attempts of a Job share is over. */
  readonly share: ((session: Session, table: HistoryTable) => Promise<number>) | undefined
  readonly traces: () => Promise<ReadonlySet<string>>
}

type Pending = Extract<Plan, { kind: 'pending' }>

export type Given = {
  readonly config: Config
  readonly tenants: Tenants
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly progress: Progress
  readonly contents: Promise<Contents>
  readonly deadline: number
  readonly steps: Steps
  /** What is left of the time for connecting, in milliseconds. */
  readonly connect: number
}

/** How far the run is. */
export type State = {
  names: readonly string[]
  deadline: number
  stopped: string | undefined
  readonly done: Set<string>
  readonly failed: Map<string, Failed>
  readonly applied: Set<string>
  migrated: number
}

/** Tenants that this look found, and what is to be done with them. */
export type Found = {
  readonly all: readonly string[]
  readonly toDo: readonly string[]
  /** Of those to do, the ones whose plan is known. */
  readonly planned: ReadonlySet<string>
}

/** Asks for the tenants, and where those stand that nothing is known of yet. */
export async function look(session: Session, given: Given, state: State): Promise<Found> {
  const { config, tenants, steps } = given
  const all = await listTenants(session, tenants)
  const known = new Set(all)
  inGroups(all, tenants.first)
  state.names = all
  // A tenant that is gone did not fail.
  for (const tenant of state.failed.keys()) if (!known.has(tenant)) state.failed.delete(tenant)
  const fresh = all.filter((tenant) => !state.done.has(tenant) && !state.failed.has(tenant))
  const everyOne = { all, toDo: fresh, planned: new Set<string>() }
  const found = tenants.kind === 'schema' && fresh.length > 0 ? await planFor(session, given, state, fresh) : everyOne
  if (found.toDo.length > 0 && steps.share)
    state.deadline = Math.min(state.deadline, await steps.share(session, historyTable(config.history)))
  const recorded = (await readFailed(session, config.history)).map(({ tenant }) => tenant)
  const past = recorded.filter((tenant) => state.done.has(tenant) || !known.has(tenant))
  await forgetFailed(session, config.history, past)
  return found
}

/** Where the schemas of tenants stand. Those that need nothing are done by that; what is pending for the others is judged once for all that are alike. */
async function planFor(session: Session, given: Given, state: State, fresh: readonly string[]): Promise<Found> {
  const { config, emit, contents, steps } = given
  const { upToDate, groups, apart } = await survey(session, config, fresh, contents)
  for (const tenant of upToDate) state.done.add(tenant)
  const planned = new Set<string>()
  const toDo = [...apart]
  let ahead = 0
  for (const { tenants, history, firstRun } of groups) {
    const plan = makePlan(await (await contents).migrations(), history.rows, config.allow, history.first)
    if (plan.kind === 'upToDate' && !firstRun) {
      for (const tenant of tenants) state.done.add(tenant)
      if (plan.ahead.length > 0) ahead += tenants.length
      continue
    }
    toDo.push(...tenants)
    if (plan.kind !== 'pending') continue
    const largest = await largestSchema(session, tenants)
    const table = historyTable({ ...config.history, schema: largest })
    await session.query(`set search_path = ${tenantSearchPath(config, largest)}`)
    await steps.judge(session, table, plan, tellingOf(largest, emit))
    for (const tenant of tenants) planned.add(tenant)
  }
  const names = toDo.sort()
  const { length: total } = state.names
  emit({ event: 'tenants.planned', total, upToDate: total - names.length, ahead, names })
  return { all: state.names, toDo: names, planned }
}
