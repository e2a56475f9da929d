import { pino } from 'pino'
import type { Emit, Event } from '../event.ts'
import { remedyText, type Starter, sentence } from './sentences.ts'

/** Writes events as JSON, one object a line. */
export function jsonLines(write: (text: string) => void, starter: Starter): Emit {
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write },
  )
  return (event) => logger[levelOf(event)](fieldsOf(event, starter), sentence(event, starter))
}

function levelOf({ event }: Event): 'error' | 'warn' | 'info' {
  switch (event) {
    case 'run.failed':
      return 'error'
    case 'source.waiting':
    case 'service.waiting':
    case 'database.waiting':
    case 'connection.lost':
    case 'lock.waiting':
    case 'history.unshared':
    case 'history.outgrown':
    case 'plan.ahead':
    case 'check.found':
    case 'check.failed':
    case 'migration.retried':
    case 'backfill.holding':
    case 'backfill.unseen':
    case 'backfill.narrowed':
    case 'rollout.waiting':
    case 'rollout.superseded':
    case 'tenants.waiting':
    case 'tenants.unrecorded':
    case 'tenant.failed':
    case 'index.waiting':
    case 'index.repaired':
    case 'schema.waiting':
    case 'job.waiting':
    case 'job.unreadable':
    case 'events.failed':
    case 'signal.received':
      return 'warn'
    default:
      return 'info'
  }
}

function fieldsOf(event: Event, starter: Starter): object {
  if (event.event !== 'run.failed') return event
  const { failure, ...rest } = event
  return {
    ...rest,
    reason: failure.reason,
    exitCode: failure.exitCode,
    ...failure.words,
    remedy: remedyText(failure.remedy, starter),
  }
}
