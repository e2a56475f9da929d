import { formatDuration } from '../config/duration.ts'
import type { Event } from '../event.ts'

type RolloutEvent = Extract<Event, { event: `rollout.${string}` }>

/** The sentence for an event of the rollout that `lotse finish` waits for. Pure. */
export function rolloutSentence(event: RolloutEvent): string {
  const { version } = event
  switch (event.event) {
    case 'rollout.waiting':
      return [
        `Waiting for the rollout of version ${version} (${formatDuration(event.elapsed)} of ${formatDuration(event.budget)}):`,
        ...event.reasons,
      ].join('\n  ')
    case 'rollout.proven':
      return `The rollout of version ${version} is complete, and no pod of an older version is left`
    case 'rollout.soaking':
      return `Rollback stays possible until ${event.until} UTC (soak ${formatDuration(event.soak)}); ${event.waits ? 'waiting for that' : 'the finisher looks again'}`
    case 'rollout.superseded':
      return `${event.found}. It stops here: what is done is kept, and what comes next is up to the finisher of that version`
  }
}
