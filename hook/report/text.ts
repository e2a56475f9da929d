import { formatDuration } from '../config/duration.ts'
import type { Event } from '../event.ts'
import { describeFailure } from './failure.ts'

/** The sentence a person reads for an event. A failure is the only one of several lines. Pure. */
export function sentence(event: Event): string {
  switch (event.event) {
    case 'run.started':
      return [
        `Lotse ${event.version}: ${event.command}`,
        event.release && `for release ${event.release}`,
        event.pod && `in pod ${event.pod}`,
      ]
        .filter(Boolean)
        .join(' ')
    case 'database.waiting':
      return `Waiting for database ${event.target}: ${event.error} (${formatDuration(event.elapsed)} of ${formatDuration(event.budget)})`
    case 'database.connected':
      return `Connected to database ${event.target} as ${event.user}, ${event.server}, after ${formatDuration(event.elapsed)}`
    case 'lock.waiting':
      return `Waiting for another migrator (${formatDuration(event.elapsed)} of ${formatDuration(event.budget)}): ${event.holder}`
    case 'lock.acquired':
      return event.elapsed < 1_000 ? 'Took the run lock' : `Took the run lock after ${formatDuration(event.elapsed)}`
    case 'history.created':
      return `Created the history table ${event.table}`
    case 'plan.made':
      return event.pending.length === 0
        ? `Nothing to apply: all ${event.applied} migrations are applied`
        : `${count(event.pending.length, 'migration')} to apply, ${event.applied} applied before: ${list(event.pending)}`
    case 'plan.ahead':
      return `The schema is newer than this image: ${list(event.unknown)} came from a newer version. Going on.`
    case 'migration.started':
      return `Applying ${event.name} (${event.position} of ${event.total})`
    case 'migration.notice':
      return `  ${event.severity}: ${event.message}`
    case 'migration.applied':
      return `Applied  ${event.name} in ${formatDuration(event.elapsed)}`
    case 'signal.received':
      return `Received ${event.signal}: cancelling what runs and rolling back`
    case 'run.finished':
      return event.reason === 'UpToDate'
        ? `UpToDate: the schema is what this version needs (${formatDuration(event.elapsed)})`
        : `Applied ${count(event.applied.length, 'migration')} in ${formatDuration(event.elapsed)}; the schema is what this version needs`
    case 'run.failed':
      return describeFailure(event.failure)
  }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

/** At most eight names, then how many more. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}
