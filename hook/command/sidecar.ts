import type { Config } from '../config/config.ts'
import type { GuardPart } from '../config/guard-part.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { unforeseen } from '../report/unforeseen.ts'
import { hold, untilAborted } from './hold.ts'
import { openProbes } from './probes.ts'
import { leaveVerdict, readVerdict } from './verdict.ts'

/**
 * Holds the run lock beside a foreign migrator's container, as a native sidecar, until the signal. Leaves its verdict in a folder
 * that both see and answers probes. Once it has given up or lost the lock it stays and says so: the kubelet would start a sidecar
 * that ends again, and a second lock is none, since the migrator ran without one in between. Returns its exit code.
 */
export async function sidecar(
  config: Config,
  { state, port, problem }: Extract<GuardPart, { kind: 'sidecar' }>,
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
      // Said in the log above, or soon by who looks for a verdict and finds none.
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
    const holding = hold(config, 'the migrator', signal, emit, async (lost) => {
      leaveVerdict(state, { kind: 'held' })
      probes.held = true
      probes.decided = true
      lost.catch((error) => signal.aborted || noteLost(error))
      await Promise.race([lost, untilAborted(signal)])
    })
    // Not to wait for the session to be closed: on a dead network that takes its time, and the migrator has to end before.
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
    state: ['The migrator is ended. What it had committed is in the database.'],
    remedy: 'see why the guard ended (kubectl describe pod); the Job starts both again',
  })
}
