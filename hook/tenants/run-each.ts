import type { Progress } from '../apply/work.ts'
import type { Config } from '../config/config.ts'
import { ofTenant, type Tenants, tenantSearchPath } from '../config/tenants.ts'
import { isSqlError, rootCause, SessionOutdated } from '../database/errors.ts'
import { prepareSession } from '../database/prepare.ts'
import { withSessions } from '../database/reconnect.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { unforeseen } from '../report/unforeseen.ts'
import type { Failed } from './outcome.ts'
import { tellingOf, tellingOfConnections } from './tell.ts'

/** Brings one tenant to what the folder needs, in a session that finds its schema first. `patient`: waits for another run that is at it. */
export type BringOne = (session: Session, one: One) => Promise<void>
export type One = {
  readonly tenant: string
  /** That of a single schema or database. */
  readonly config: Config
  readonly emit: Emit
  readonly progress: Progress
  readonly patient: boolean
}

/** What going through tenants needs. */
export type Running = {
  readonly config: Config
  readonly tenants: Tenants
  readonly signal: AbortSignal
  readonly emit: Emit
  /** The migration under way, for whoever has to tell when the process ends early. */
  readonly progress: Progress
  readonly bring: BringOne
  /** Migrations that leave something in their session that no reset takes back: it must not reach the next tenant. */
  readonly traces: ReadonlySet<string>
  readonly onDone: (tenant: string, names: readonly string[], elapsed: number) => void
  /** Returns whether no other tenant is to be begun. */
  readonly onFailed: (failed: Failed, session: Session | undefined) => Promise<boolean>
}

type Task = { readonly tenant: string; readonly patient: boolean; readonly done: Set<string> }

/**
 * Brings each of these tenants to what the folder needs, over as many connections as are allowed. One that fails is told to `onFailed` and stops
 * no other. A tenant that another run is at is left for the end. Throws what concerns them all: a server that is gone, a signal.
 */
export async function runEach(running: Running, names: readonly string[]): Promise<void> {
  const { parallel, kind } = running.tenants
  const begin = (tenant: string, patient: boolean): Task => ({ tenant, patient, done: new Set() })
  const waiting = names.map((tenant) => begin(tenant, false))
  let next = 0
  let stopped = false
  const queue: Queue = {
    take: () => (stopped || next >= waiting.length ? undefined : waiting[next++]),
    later: ({ tenant }) => void waiting.push(begin(tenant, true)),
    stop: () => {
      stopped = true
    },
  }
  const work = kind === 'schema' ? workOnSchemas : workOnDatabases
  const worker = async (): Promise<void> => {
    try {
      await work(running, queue)
    } catch (error) {
      queue.stop()
      throw error
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, names.length) }, worker))
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

type Queue = { readonly take: () => Task | undefined; readonly later: (task: Task) => void; readonly stop: () => void }

/** One session for many schemas, which is reset in between. */
async function workOnSchemas(running: Running, queue: Queue): Promise<void> {
  const { config, signal, emit } = running
  let task: Task | undefined
  await withSessions(config, signal, tellingOfConnections(emit), async (session) => {
    await prepareSession(session, config, tellingOfConnections(emit))
    for (;;) {
      task ??= queue.take()
      if (!task) return
      const { tenant, done } = task
      const path = `set search_path = ${tenantSearchPath(config, tenant)}`
      const one = { ...session, settings: [path] }
      const failure = await attempt(running, queue, task, one)
      if (failure && (await running.onFailed({ tenant, failure }, one))) queue.stop()
      task = undefined
      const left = failure ? running.traces.size > 0 : [...done].some((name) => running.traces.has(name))
      if (left) throw new SessionOutdated(tenant)
    }
  })
}

/** A connection for each database. */
async function workOnDatabases(running: Running, queue: Queue): Promise<void> {
  const { config, signal, emit } = running
  for (let task = queue.take(); task; task = queue.take()) {
    const one = task
    const failed = await withSessions(
      ofTenant(config, { kind: 'database', name: one.tenant }),
      signal,
      tellingOfConnections(emit),
      (session) => attempt(running, queue, one, session),
    ).catch((error) => failureOf(error, running))
    // Its connection is closed by now, so that recording it takes no further one.
    if (failed && (await running.onFailed({ tenant: one.tenant, failure: failed }, undefined))) queue.stop()
  }
}

/** Returns why the tenant failed, if it did. Rejects with what concerns more than this tenant. */
async function attempt(running: Running, queue: Queue, task: Task, session: Session): Promise<Failure | undefined> {
  const { config, tenants, emit } = running
  const { tenant, patient, done } = task
  const started = performance.now()
  const one = {
    tenant,
    patient,
    config: ofTenant(config, { kind: tenants.kind, name: tenant }),
    emit: tellingOf(tenant, emit),
    progress: progressOf(running.progress, tenant, done),
  }
  try {
    await running.bring(session, one)
    running.onDone(tenant, [...done], performance.now() - started)
    return undefined
  } catch (error) {
    if (error instanceof SessionOutdated || session.lostBy(rootCause(error))) throw error
    const failure = failureOf(error, running)
    await session.cleanUp('rollback')
    if (failure.reason !== 'LockTimeout' || patient) return failure
    queue.later(task)
    return undefined
  }
}

/** The failure of one tenant. Throws the error where it concerns more than this one. */
function failureOf(error: unknown, { signal }: Running): Failure {
  if (signal.aborted) throw error
  if (error instanceof Failure && error.reason !== 'DatabaseUnreachable' && error.reason !== 'Interrupted') return error
  if (!(error instanceof Failure) && isSqlError(rootCause(error))) return unforeseen(error)
  throw error
}

function progressOf(whole: Progress, tenant: string, done: Set<string>): Progress {
  return {
    done,
    get running() {
      return whole.running
    },
    set running(name) {
      whole.running = name === undefined ? undefined : `${name} for ${tenant}`
    },
  }
}
