import type { Failure } from './failure.ts'

/**
 * Everything a run can report, by stable name. Durations are milliseconds. The same events become readable text or JSON;
 * none ever carries a password or a connection string. Events are told, not obeyed: nothing decides by them.
 */
export type Event =
  | { event: 'run.started'; version: string; command: string; release?: string; pod?: string }
  | { event: 'source.waiting'; missing: readonly string[]; elapsed: number; budget: number }
  | { event: 'service.waiting'; service: string; error: string; elapsed: number; budget: number }
  | { event: 'service.answered'; service: string; elapsed: number }
  | { event: 'database.waiting'; target: string; error: string; elapsed: number; budget: number }
  | { event: 'database.connected'; target: string; user: string; elapsed: number }
  | { event: 'connection.lost'; target: string; error: string; lost: number }
  | { event: 'session.renewed'; name: string }
  | { event: 'lock.waiting'; holder: string; elapsed: number; budget: number }
  | { event: 'lock.acquired'; elapsed: number }
  | { event: 'history.created'; table: string }
  | { event: 'history.adopted'; tool: string; table: string; names: readonly string[]; left: readonly string[] }
  | { event: 'history.diverged'; tool: string; names: readonly string[] }
  | { event: 'history.outgrown'; tool: string; table: string; unknown: readonly string[] }
  | { event: 'history.unshared'; role: string; error: string }
  | { event: 'tenants.planned'; total: number; upToDate: number; ahead: number; names: readonly string[] }
  | { event: 'tenants.progress'; total: number; done: number; failed: number }
  | {
      event: 'tenants.waiting'
      target: string
      total: number
      behind: readonly string[]
      elapsed: number
      budget: number
    }
  | { event: 'tenants.unrecorded'; tenant: string; error: string }
  | { event: 'tenant.migrated'; tenant: string; names: readonly string[]; elapsed: number }
  | { event: 'tenant.failed'; tenant: string; reason: string; error: string; details: readonly string[] }
  | { event: 'tenant.told'; tenant: string; told: Event }
  | { event: 'plan.made'; pending: readonly string[]; applied: number; deferred: readonly Waiting[] }
  | { event: 'plan.ahead'; unknown: readonly string[] }
  | {
      event: 'check.found'
      summary: string
      findings: readonly Told[]
      accepted: readonly (Told & { reason: string })[]
      unjudged: readonly { file: string; line: number; text: string }[]
    }
  | { event: 'check.failed'; error: string }
  | { event: 'migration.started'; name: string; direction: Direction; position: number; total: number }
  | { event: 'conditions.held'; name: string; file: string; amount: number }
  | { event: 'statement.started'; name: string; position: number; total: number; line: number }
  | { event: 'migration.notice'; name: string; severity: string; message: string }
  | { event: 'migration.progress'; name: string; elapsed: number; blockers: readonly string[]; progress?: string }
  | {
      event: 'migration.retried'
      name: string
      error: string
      blockers: readonly string[]
      tries: number
      wait: number
    }
  | { event: 'backfill.started'; name: string; table: string; keys: number; expected?: number | undefined }
  | {
      event: 'backfill.progress'
      name: string
      /** Keys that are done, and their share of all; undefined where that is not known. */
      keys: number
      share?: number | undefined
      /** Keys a second, of the last half minute. */
      rate: number
      left?: number | undefined
      /** Keys of the next batch. */
      size: number
      /** Told to those who read only now and then, too. */
      milestone: boolean
    }
  | { event: 'backfill.holding'; name: string; reasons: readonly string[]; elapsed: number }
  | { event: 'backfill.unseen'; name: string; what: string }
  | { event: 'backfill.narrowed'; name: string; error: string; size: number }
  | { event: 'backfill.finished'; name: string; keys: number; rows: number }
  | { event: 'rollout.waiting'; version: string; reasons: readonly string[]; elapsed: number; budget: number }
  | { event: 'rollout.proven'; version: string; elapsed: number }
  /** `until` is UTC; `waits`: this run does, where otherwise the next one looks again. */
  | { event: 'rollout.soaking'; version: string; until: string; soak: number; left: number; waits: boolean }
  | { event: 'rollout.superseded'; version: string; found: string }
  | { event: 'index.waiting'; index: string; blockers: readonly string[] }
  | { event: 'index.repaired'; index: string }
  | { event: 'migration.applied'; name: string; direction: Direction; elapsed: number }
  | { event: 'history.changed'; name: string; change: string }
  | { event: 'schema.waiting'; target: string; pending: readonly string[]; elapsed: number; budget: number }
  | { event: 'job.waiting'; job: string; state: string; elapsed: number; budget: number }
  | { event: 'job.log'; pod: string; container: string; text: string }
  | { event: 'job.unreadable'; what: string; error: string }
  | { event: 'events.failed'; error: string }
  | { event: 'signal.received'; signal: string }
  | ({ event: 'run.finished'; elapsed: number } & Finished)
  | { event: 'run.failed'; failure: Failure; elapsed: number }

/** How a successful run ended. `because` gives the reason where it is not that the schema is what this version needs. */
export type Finished = {
  readonly reason: 'Applied' | 'Reverted' | 'UpToDate'
  readonly names: readonly string[]
  readonly because?: string
  /** One of the many runs that look whether there is something to do, and found nothing: not worth an Event. */
  readonly routine?: true
  /** Of many tenants: how many there are, and how many of them this run has migrated. */
  readonly tenants?: { readonly total: number; readonly migrated: number }
}

/** What waits for `lotse finish`, and the phase that it belongs to: `contract` or `backfill`. */
export type Waiting = { readonly name: string; readonly phase: string }

/** A finding of a check; `text` is for people, the other fields for programs. */
export type Told = {
  readonly rule: string
  readonly severity: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly text: string
}

export type Direction = 'up' | 'down'

/** Passes an event on to everything that reports the run. */
export type Emit = (event: Event) => void
