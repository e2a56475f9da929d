import { createServer } from 'node:http'
import type { Config } from '../config/config.ts'
import { remainderOfRun } from '../database/attempts.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { unforeseen } from '../report/unforeseen.ts'
import { hold, type Limit, untilAborted } from './hold-lock.ts'
import { leaveVerdict, readVerdict } from './verdict.ts'

/**
 * Holds the run lock beside a foreign migrator's container, as a native sidecar, until the signal. Leaves its verdict in a folder
 * that both see and answers probes. Once it has given up or lost the lock it keeps running and says so: the kubelet restarts a
 * sidecar that ends, and taking the lock again is too late, since the migrator ran without it in between. Returns its exit code.
 */
export async function sidecar(
  config: Config,
  { state, port, problem }: { readonly state: string; readonly port: number; readonly problem: Failure | undefined },
  signal: AbortSignal,
  emit: Emit,
): Promise<number> {
  const started = performance.now()
  const probes = await openProbes(port)
  let failure: Failure | undefined
  const giveUp = (error: unknown): void => {
    failure = unforeseen(error)
    emit({ event: 'run.failed', failure, elapsed: performance.now() - started })
    try {
      leaveVerdict(state, { kind: 'failed', failure })
    } catch {
      // The log above says it, and so does whoever looks for a verdict and finds none.
    }
  }
  let noteLost: (error: unknown) => void = () => {}
  const lostFirst = new Promise<never>((_, reject) => {
    noteLost = reject
  })
  try {
    if (problem) throw problem
    const earlier = readVerdict(state)
    if (earlier) throw earlier.kind === 'failed' ? earlier.failure : restarted()
    const work = async (lost: Promise<never>): Promise<void> => {
      leaveVerdict(state, { kind: 'held' })
      probes.held = true
      probes.decided = true
      lost.catch((error) => signal.aborted || noteLost(error))
      await Promise.race([lost, untilAborted(signal)])
    }
    // The deadline of the Job deletes the pod and with it the migrator's log; without the lock, Kubernetes only ends the migrator.
    const endInTime: Limit = async (session, table) => {
      const { left, failure } = await remainderOfRun(session, table, config, performance.now() - started)
      setTimeout(() => noteLost(failure), left).unref()
      return left
    }
    const holding = hold(config, 'the migrator', signal, emit, work, endInTime)
    // Does not wait until the session is closed: on a dead network that takes long, and the migrator has to end before it.
    await Promise.race([holding, lostFirst])
  } catch (error) {
    if (signal.aborted && !probes.decided) throw error
    probes.held = false
    giveUp(error)
    probes.decided = true
    await untilAborted(signal)
  } finally {
    probes.close()
  }
  return failure?.exitCode ?? 0
}

function restarted(): Failure {
  return new Failure('Interrupted', {
    summary: 'the guard was started again while the migrator was running, so the run lock was free in between',
    state: ['The migrator is stopped. What it had committed is in the database.'],
    remedy: 'see why the guard ended (kubectl describe pod); the Job starts both again',
  })
}

/** What a guard beside a container answers to the kubelet. */
export type Probes = {
  /** Whether the lock is held or was given up. */
  decided: boolean
  held: boolean
  readonly close: () => void
}

/**
 * Answers GET /decided and GET /held with 200 while they are true, with 503 while not. On every address of the pod, since the
 * kubelet asks from outside. Throws ConfigInvalid when the port is not available.
 */
function openProbes(port: number): Promise<Probes> {
  return new Promise((resolve, reject) => {
    const server = createServer(({ url }, response) => {
      const states: Record<string, boolean> = { '/decided': probes.decided, '/held': probes.held }
      const state = states[url ?? '']
      const [code, text] = state === undefined ? [404, 'ask /decided or /held'] : state ? [200, 'yes'] : [503, 'no']
      response.writeHead(code, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`)
    })
    const probes: Probes = {
      decided: false,
      held: false,
      close: () => {
        server.close()
        server.closeAllConnections()
      },
    }
    server.on('error', (cause: NodeJS.ErrnoException) => reject(unusable(port, cause)))
    server.listen(port, () => resolve(probes))
  })
}

function unusable(port: number, cause: NodeJS.ErrnoException): Failure {
  return new Failure('ConfigInvalid', {
    summary: `--port: cannot listen on port ${port}: ${cause.code === 'EADDRINUSE' ? 'another process uses it' : cause.message}`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'give a port above 1023 that no other container of the pod uses',
    cause,
  })
}
