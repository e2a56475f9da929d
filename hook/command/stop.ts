import { formatDuration } from '../config/duration.ts'
import { Failure } from '../failure.ts'

export type Stop = { readonly signal: AbortSignal; readonly interrupt: (name: string) => void }

/** One signal for everything that ends a run early: the operating system's signal, and the run's own budget in milliseconds. */
export function stopSignal(budget: number | undefined): Stop {
  const controller = new AbortController()
  if (budget !== undefined) setTimeout(() => controller.abort(outOfTime(budget)), budget).unref()
  return { signal: controller.signal, interrupt: (name) => controller.abort(interrupted(name)) }
}

function interrupted(name: string): Failure {
  return new Failure('Interrupted', {
    summary: `stopped by ${name}`,
    remedy: 'run it again; it continues from the history',
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
