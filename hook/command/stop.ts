import type { CommandName } from '../config/commands.ts'
import { formatDuration } from '../config/duration.ts'
import { Failure } from '../failure.ts'

export type Stop = {
  readonly signal: AbortSignal
  readonly interrupt: (name: string) => void
  readonly fail: (failure: Failure) => void
}

/** One signal for everything that ends a verb early: the operating system's signal, and the run's own budget in milliseconds. */
export function stopSignal(name: CommandName, budget: number): Stop {
  const controller = new AbortController()
  const stopAfter = (milliseconds: number, failure: Failure): void =>
    void setTimeout(() => controller.abort(failure), milliseconds).unref()
  switch (name) {
    case 'guard': // holds its lock for as long as it is asked to
      break
    case 'wait': // gives up by itself and says what it waited for, unless an answer keeps it waiting
      stopAfter(budget + 2_000, waitedInVain(budget))
      break
    default:
      stopAfter(budget, outOfTime(budget))
  }
  const fail = (failure: Failure): void => controller.abort(failure)
  return { signal: controller.signal, interrupt: (name) => fail(interrupted(name)), fail }
}

function interrupted(name: string): Failure {
  return new Failure('Interrupted', {
    summary: `stopped by ${name}`,
    remedy: 'run it again; it continues from the history',
  })
}

function waitedInVain(budget: number): Failure {
  return new Failure('WaitTimeout', {
    summary: `an answer was still missing after ${formatDuration(budget)}`,
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy: 'see whether database and network are well; the log above says what was waited for',
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
