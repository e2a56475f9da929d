import type { Emit, Event } from '../event.ts'

/** What of one tenant's migration is worth a line among those of a thousand: who is in the way, and what it left undone. */
const worthTelling: ReadonlySet<Event['event']> = new Set<Event['event']>([
  'check.found',
  'check.failed',
  'lock.waiting',
  'migration.progress',
  'migration.retried',
  'index.waiting',
  'index.repaired',
  'history.unshared',
  'history.diverged',
  'history.outgrown',
])

/** Tells those events of a tenant that matter to somebody, with its name. */
export function tellingOf(tenant: string, emit: Emit): Emit {
  return (event) => {
    if (worthTelling.has(event.event)) emit({ event: 'tenant.told', tenant, told: event })
  }
}

/** Passes on what concerns the connections of workers, but not each connection that is made. */
export function tellingOfConnections(emit: Emit): Emit {
  return (event) => {
    if (event.event === 'database.waiting' || event.event === 'connection.lost') emit(event)
  }
}

/** How often a run through many tenants says how far it is. Milliseconds. */
const period = 10_000

/** Tells how far it is, again and again, until it is stopped. */
export function tellProgress(
  emit: Emit,
  state: () => Omit<Extract<Event, { event: 'tenants.progress' }>, 'event'>,
): {
  readonly stop: () => void
} {
  const timer = setInterval(() => emit({ event: 'tenants.progress', ...state() }), period)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
