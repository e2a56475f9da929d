import { formatDuration } from '../config/duration.ts'
import type { Event } from '../event.ts'

type BackfillEvent = Extract<Event, { event: `backfill.${string}` }>

/** The sentence for an event of a backfill. Pure. */
export function backfillSentence(event: BackfillEvent): string {
  const { name } = event
  switch (event.event) {
    case 'backfill.started': {
      const all = event.expected === undefined ? '' : `about ${amount(event.expected)}`
      if (event.keys === 0) return `Backfill ${name} begins in ${event.table}${all && `, ${all} rows`}`
      return `Backfill ${name} goes on in ${event.table}, after ${amount(event.keys)} ${all && `of ${all} `}rows`
    }
    case 'backfill.progress': {
      const share = event.share === undefined ? '' : ` (${Math.floor(event.share * 100)} %)`
      const left = event.left === undefined ? '' : `, about ${formatDuration(event.left)} left`
      return `  ${name}: ${amount(event.keys)} rows${share}, ${amount(event.rate)} rows/s${left}`
    }
    case 'backfill.holding':
      return `  ${name} holding: ${event.reasons.join('; ')}${event.elapsed > 1_000 ? ` (for ${formatDuration(event.elapsed)})` : ''}`
    case 'backfill.unseen':
      return `  ${name} cannot see ${event.what}, and does not wait for that: GRANT pg_monitor TO the role Lotse connects as`
    case 'backfill.narrowed':
      return `  ${name}: a batch of ${amount(event.size)} rows failed (${event.error}); trying half of it`
    case 'backfill.finished':
      return `Backfill ${name} is through: ${amount(event.keys)} rows seen, ${amount(event.rows)} changed`
  }
}

/** A number with commas, as in 1,234,567. */
export function amount(number: number): string {
  return String(Math.round(number)).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** The share of rows that is done; undefined where it is not known how many there are: some may have come since they were counted. */
export function shareOf(done: number, expected: number | undefined): number | undefined {
  return expected === undefined || done > expected ? undefined : done / expected
}
