import type { Event } from '../event.ts'
import { describeFailure, sentence } from './sentences.ts'
import { shorten } from './termination-message.ts'

/** What a Kubernetes Event says: a reason of our vocabulary, and a message. */
export type Announcement = {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Of announcements that have the same one, a run posts the first: what is waited for is told every few seconds. */
  readonly once?: string
}

/** Kubernetes' own components keep to 1,024, and its newer Event API refuses more (events.k8s.io, NoteLengthLimit). */
const room = { characters: 1_024, bytes: 1_024 }

/** The Kubernetes Event of an event, if it deserves one: what a run is about to do, what a check found in that, what it waits for, now and then how far it is, and how it ended. Only the chart asks for Events. Pure. */
export function announce(event: Event): Announcement | undefined {
  switch (event.event) {
    case 'plan.made':
      return event.pending.length > 0 ? normal('Pending', sentence(event, 'chart')) : undefined
    case 'tenants.planned':
      return event.names.length > 0 ? normal('Pending', sentence(event, 'chart')) : undefined
    case 'check.found':
      return event.findings.length > 0
        ? { type: 'Warning', reason: 'CheckFound', message: shorten(sentence(event, 'chart'), room) }
        : undefined
    case 'backfill.started':
      return normal('BackfillStarted', sentence(event, 'chart'))
    case 'backfill.progress':
      return event.milestone ? normal('BackfillProgress', sentence(event, 'chart').trim()) : undefined
    case 'backfill.holding':
      // Figures change all the time.
      return {
        ...normal('BackfillHolding', sentence(event, 'chart').trim()),
        once: `${event.name} ${event.reasons.join().replaceAll(/\d+/g, '')}`,
      }
    case 'rollout.waiting':
      return { ...normal('RolloutWaiting', sentence(event, 'chart')), once: event.event }
    case 'rollout.proven':
      return normal('RolloutProven', sentence(event, 'chart'))
    case 'rollout.soaking':
      return normal('RolloutSoaking', sentence(event, 'chart'))
    case 'rollout.superseded':
      return normal('RolloutSuperseded', sentence(event, 'chart'))
    case 'run.finished':
      if (event.routine) return undefined
      return normal(event.reason, sentence(event, 'chart').replace(`${event.reason}: `, ''))
    case 'run.failed': {
      const { failure } = event
      const message = describeFailure(failure, 'chart').slice(`${failure.reason}: `.length)
      return { type: 'Warning', reason: failure.reason, message: shorten(message, room) }
    }
    default:
      return undefined
  }
}

function normal(reason: string, message: string): Announcement {
  return { type: 'Normal', reason, message: shorten(message, room) }
}
