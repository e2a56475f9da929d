import { recordFailed } from '../database/failed-tenants.ts'
import { withSessions } from '../database/reconnect.ts'
import type { Session } from '../database/session.ts'
import type { Emit, Finished } from '../event.ts'
import { type Given, look, type State } from './look.ts'
import { inGroups } from './order.ts'
import { endedEarly, type Failed, type Outcome, tenantsFailed } from './outcome.ts'
import { type One, runEach } from './run-each.ts'
import { tellProgress } from './tell.ts'

/**
 * Brings every tenant to what the folder needs. A tenant that fails is recorded and stops no other, unless asked to. Tenants that appear
 * meanwhile are not forgotten. Throws MigrationFailed that names the failed ones, and what ends the whole run, with how far it had come.
 */
export async function upAll(given: Given): Promise<Finished> {
  const { config, signal, emit, connect } = given
  const state: State = {
    names: [],
    deadline: given.deadline,
    stopped: undefined,
    done: new Set(),
    failed: new Map(),
    applied: new Set(),
    migrated: 0,
  }
  const outcome = (): Outcome => ({
    total: state.names.length,
    done: state.done.size,
    failed: [...state.failed.values()],
    stopped: state.stopped,
  })
  const ticking = tellProgress(emit, () => ({ ...outcome(), failed: state.failed.size }))
  try {
    for (let rounds = 1; ; rounds++) {
      const { toDo, all, planned } = await withSessions(
        config,
        signal,
        rounds === 1 ? emit : quiet,
        (session) => look(session, given, state),
        connect,
      )
      if (toDo.length === 0) break
      await goThrough(given, state, all, new Set(toDo), planned)
      if (state.stopped) break
    }
  } catch (error) {
    throw state.names.length > 0 && state.done.size + state.failed.size > 0 ? endedEarly(error, outcome()) : error
  } finally {
    ticking.stop()
  }
  if (state.failed.size > 0) throw tenantsFailed(outcome())
  const reason = state.migrated > 0 ? 'Applied' : 'UpToDate'
  return { reason, names: [...state.applied].sort(), tenants: { total: state.names.length, migrated: state.migrated } }
}

const quiet: Emit = () => {}

/** Goes through the tenants that are to do, group by group. */
async function goThrough(
  given: Given,
  state: State,
  all: readonly string[],
  toDo: ReadonlySet<string>,
  planned: ReadonlySet<string>,
): Promise<void> {
  const { config, tenants, signal, emit, progress, steps } = given
  const groups = inGroups(all, tenants.first).map((group) => group.filter((tenant) => toDo.has(tenant)))
  const running = {
    config,
    tenants,
    signal,
    emit,
    progress,
    traces: await steps.traces(),
    bring: (session: Session, one: One) =>
      (planned.has(one.tenant) ? steps.apply : steps.bring)(session, one, state.deadline),
    onDone: (tenant: string, names: readonly string[], elapsed: number): void => {
      state.done.add(tenant)
      if (names.length === 0) return
      state.migrated++
      for (const name of names) state.applied.add(name)
      emit({ event: 'tenant.migrated', tenant, names, elapsed })
    },
    onFailed: async (failed: Failed, session: Session | undefined): Promise<boolean> => {
      await note(given, state, failed, session)
      if (state.failed.size < tenants.stopAfter) return false
      state.stopped = `${state.failed.size} failed (LOTSE_STOP_AFTER)`
      return true
    },
  }
  for (const [index, group] of groups.entries()) {
    const before = state.failed.size
    await runEach(running, group)
    if (state.stopped) return
    if (state.failed.size === before || index === groups.length - 1) continue
    state.stopped = 'one of those that go first failed (LOTSE_FIRST)'
    return
  }
}

/** How many failures are told with their details; of a thousand that are alike, the first ones tell enough. */
const told = 3

/** Tells and records that a tenant failed. */
async function note(
  { config, signal, emit }: Given,
  state: State,
  failed: Failed,
  session: Session | undefined,
): Promise<void> {
  const { tenant, failure } = failed
  const { reason, message, details } = failure
  state.failed.set(tenant, failed)
  emit({ event: 'tenant.failed', tenant, reason, error: message, details: state.failed.size <= told ? details : [] })
  const record = (session: Session): Promise<string | undefined> =>
    recordFailed(session, config.history, { tenant, reason, error: message })
  const error = session ? await record(session) : await withSessions(config, signal, quiet, record)
  if (error !== undefined) emit({ event: 'tenants.unrecorded', tenant, error })
}
