import { formatDuration } from '../config/duration.ts'
import type { Event, Finished } from '../event.ts'
import { amount } from './backfill.ts'
import { rolloutSentence } from './rollout.ts'

type TenantEvent = Exclude<Extract<Event, { event: `tenant${string}` }>, { event: 'tenant.told' }>

/** The sentence for an event that few runs have: of many tenants, or of a rollout that is waited for. Pure. */
export function tenantOrRolloutSentence(event: TenantEvent | Parameters<typeof rolloutSentence>[0]): string {
  switch (event.event) {
    case 'rollout.waiting':
    case 'rollout.proven':
    case 'rollout.soaking':
    case 'rollout.superseded':
      return rolloutSentence(event)
    default:
      return tenantSentence(event)
  }
}

/** The sentence for an event of many tenants. Pure. */
export function tenantSentence(event: TenantEvent): string {
  switch (event.event) {
    case 'tenants.planned': {
      const { total, upToDate, ahead, names } = event
      const newer = ahead > 0 ? `; ${amount(ahead)} ${ahead === 1 ? 'is' : 'are'} newer than this version` : ''
      return names.length === 0
        ? `${tenants(total)}, nothing to apply${newer}`
        : `${tenants(total)}, ${amount(upToDate)} up to date, ${amount(names.length)} to migrate: ${someOf(names)}${newer}`
    }
    case 'tenants.progress':
      return `${amount(event.done)} of ${tenants(event.total)} done, ${amount(event.failed)} failed`
    case 'tenants.waiting':
      return `Waiting for the schemas of ${event.target} (${formatDuration(event.elapsed)} of ${formatDuration(event.budget)}): ${amount(event.behind.length)} of ${tenants(event.total)} not ready: ${someOf(event.behind)}`
    case 'tenants.unrecorded':
      return `Could not record that ${event.tenant} failed (lotse status will not show why): ${event.error}`
    case 'tenant.migrated':
      return `${event.tenant}: applied ${someOf(event.names)} in ${formatDuration(event.elapsed)}`
    case 'tenant.failed':
      return [`${event.tenant}: ${event.reason}: ${event.error}`, ...event.details.map((line) => `  ${line}`)].join(
        '\n',
      )
  }
}

/** How a run through many tenants ended well. Pure. */
export function finishedTenants(
  reason: Finished['reason'],
  names: readonly string[],
  { total, migrated }: NonNullable<Finished['tenants']>,
  took: string,
): string {
  const all = total === 1 ? 'the tenant has' : `all ${tenants(total)} have`
  return reason === 'UpToDate'
    ? `UpToDate: ${all} the schema that this version needs (${took})`
    : `Applied ${someOf(names)} to ${tenants(migrated)} in ${took}; ${all} the schema that this version needs`
}

/** As in `1,000 tenants`. */
export function tenants(number: number): string {
  return `${amount(number)} tenant${number === 1 ? '' : 's'}`
}

/** At most eight names, then how many more. */
export function someOf(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${amount(names.length - most)} more` : shown
}
