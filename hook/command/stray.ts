import { Failure } from '../failure.ts'

/** A script shares Lotse's process. What it does to that, and not to its own promise, is told as its failure. `running` is what ran. */

/** The failure of an error that reached the process, from a timer or from a promise that nobody awaits. */
export function uncaught(error: unknown, running: string): Failure {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const places = stack.split('\n').filter((line) => line.startsWith('    at '))
  return new Failure('MigrationFailed', {
    summary: `nothing caught an error while ${running} was running: ${error instanceof Error ? error.message : error}`,
    details: places.slice(0, 3).map((line) => line.trim()),
    state: [rolledBack(running)],
    remedy:
      'await every promise in the script and catch errors in its timers, build the image again and repeat the same helm upgrade',
    cause: error,
  })
}

/** The failure of a run whose process ends before it does. */
export function endedProcess(running = 'something'): Failure {
  return new Failure('MigrationFailed', {
    summary: `${running} ended the process before the run was over`,
    details: ['A script is loaded into Lotse, so that a call of exit() in it ends the whole run.'],
    state: [rolledBack(running)],
    remedy: 'return from the script instead, or throw, build the image again and repeat the same helm upgrade',
  })
}

function rolledBack(running: string): string {
  return `PostgreSQL rolls back what was open; ${running} is not recorded as applied.`
}
