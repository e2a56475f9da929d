import type { Failure } from './failure.ts'

/**
 * Everything a run can say, by stable name. Durations are milliseconds. The same events become readable text or JSON;
 * none of them ever carries a password or a connection string.
 */
export type Event =
  | { event: 'run.started'; version: string; command: string; release?: string; pod?: string }
  | { event: 'database.waiting'; target: string; error: string; elapsed: number; budget: number }
  | { event: 'database.connected'; target: string; user: string; server: string; elapsed: number }
  | { event: 'lock.waiting'; holder: string; elapsed: number; budget: number }
  | { event: 'lock.acquired'; elapsed: number }
  | { event: 'history.created'; table: string }
  | { event: 'plan.made'; pending: readonly string[]; applied: number }
  | { event: 'plan.ahead'; unknown: readonly string[] }
  | { event: 'migration.started'; name: string; position: number; total: number }
  | { event: 'migration.notice'; name: string; severity: string; message: string }
  | { event: 'migration.applied'; name: string; elapsed: number }
  | { event: 'signal.received'; signal: string }
  | { event: 'run.finished'; reason: 'Applied' | 'UpToDate'; applied: readonly string[]; elapsed: number }
  | { event: 'run.failed'; failure: Failure; elapsed: number }

/** Takes an event to wherever the run is reported. */
export type Emit = (event: Event) => void
