import type { Verb } from '../cli/verbs.ts'
import { formatDuration } from '../config/duration.ts'
import { Failure } from '../failure.ts'

export type Stop = {
  readonly signal: AbortSignal
  readonly interrupt: (name: string) => void
  readonly fail: (failure: Failure) => void
  /** Ends the verb with this failure after so many milliseconds, unless it has ended by then. */
  readonly failAfter: (milliseconds: number, failure: Failure) => void
}

/** One signal for everything that ends a verb early: the operating system's signal, and the run's own budget in milliseconds. */
export function stopSignal(deadline: Verb['deadline'], budget: number): Stop {
  const controller = new AbortController()
  const stopAfter = (milliseconds: number, failure: () => Failure): void =>
    void setTimeout(() => controller.abort(failure()), milliseconds).unref()
  switch (deadline) {
    case 'none':
      break
    case 'wait':
      stopAfter(budget + 2_000, () => waitedInVain(budget))
      break
    case 'run':
      stopAfter(budget, () => outOfTime(budget))
  }
  const fail = (failure: Failure): void => controller.abort(failure)
  return {
    signal: controller.signal,
    interrupt: (name) => fail(interrupted(name)),
    fail,
    failAfter: (milliseconds, failure) => stopAfter(milliseconds, () => failure),
  }
}

function interrupted(name: string): Failure {
  return new Failure('Interrupted', {
    summary: `stopped by ${name}`,
    remedy: 'run it again; it continues from the history',
  })
}

function waitedInVain(budget: number): Failure {
  return new Failure('WaitTimeout', {
    summary: `no answer within ${formatDuration(budget)}`,
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy: 'check the database and the network; the log above shows what it waited for',
  })
}

/** The run ends itself before the Job's deadline, because that one deletes the pod and with it this message. */
function outOfTime(budget: number): Failure {
  return new Failure('MigrationFailed', {
    summary: `the run did not finish within its ${formatDuration(budget)}`,
    remedy:
      'give it more time (in the chart migrations.budgets.helm together with helm --timeout; else LOTSE_TIMEOUT), or make the migration faster',
  })
}

/**
 * The failure of an error that a script let escape into Lotse's process, from a timer or from a promise that nobody awaits.
 * `running` is the migration that was running.
 */
export function uncaught(error: unknown, running: string): Failure {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const places = stack.split('\n').filter((line) => line.startsWith('    at '))
  return new Failure('MigrationFailed', {
    summary: `uncaught error while running ${running}: ${error instanceof Error ? error.message : error}`,
    details: places.slice(0, 3).map((line) => line.trim()),
    state: [rolledBack(running)],
    remedy: {
      kind: 'changeFiles',
      change: 'await every promise in the script, catch errors in its timers',
    },
    cause: error,
  })
}

/** The failure of a run whose process ends before the run does. */
export function endedProcess(running = 'something'): Failure {
  return new Failure('MigrationFailed', {
    summary: `${running} ended the process before the run was over`,
    details: ['A script runs in the process of Lotse, so exit() in it ends the whole run.'],
    state: [rolledBack(running)],
    remedy: { kind: 'changeFiles', change: 'return from the script or throw, instead of ending the process' },
  })
}

function rolledBack(running: string): string {
  return `PostgreSQL rolls back the open transaction; ${running} is not recorded as applied.`
}
