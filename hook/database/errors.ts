/** The fields of a PostgreSQL error that Lotse reads (PostgreSQL docs 55.8 "Error and Notice Message Fields"). */
export type SqlError = Error & {
  readonly code: string
  readonly severity: string
  readonly detail?: string
  readonly hint?: string
  readonly where?: string
  /** One-based, in characters of what was sent; in bytes where the database is SQL_ASCII. */
  readonly position?: string
}

/** A message of several statements that failed. `cause` is what the server or the connection said, unchanged. */
export class MessageError extends Error {
  readonly part: 'before' | 'text' | 'after'
  /** Statements of that part that had ended. */
  readonly completed: number
  /** Where the server points at in the text, in UTF-16 units from its start. */
  readonly offset: number | undefined
  /** The server could not read the message, and has run nothing of it. */
  readonly unread: boolean

  constructor(at: Pick<MessageError, 'part' | 'completed' | 'offset'>, ended: number, cause: unknown) {
    super('a statement of the message failed', { cause })
    this.part = at.part
    this.completed = at.completed
    this.offset = at.offset
    this.unread = ended === 0
  }
}

/** Connecting may succeed later: the server is starting, restarting or full, or the network is not up yet. */
const worthWaiting = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up, or in recovery
  '53300', // too_many_connections
  '08000', // connection_exception
  '08001', // sqlclient_unable_to_establish_sqlconnection
  '08003', // connection_does_not_exist
  '08006', // connection_failure
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND', // the Service of a database that is being created has no name yet
  'EAI_AGAIN',
  'ENOENT', // a Unix socket that is not there yet
])

/** pg gives these two no code: the server closed the socket, or our own connect timeout passed. */
const worthWaitingMessage = /^(Connection terminated|timeout expired)/

/** Trying the whole transaction again may succeed, since another session was in the way (PostgreSQL docs 13.5). */
const worthRepeating = new Set([
  '55P03', // lock_not_available: our lock_timeout, or somebody's NOWAIT
  '40P01', // deadlock_detected
  '40001', // serialization_failure
])

/** SQLSTATE or errno of an error, or an empty string when it has none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** The message of whatever was thrown. A refused connection to a name with two addresses hides it in the first of two. */
export function messageOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}

/** Whether trying to connect again may help. Waiting does not help with a wrong password or an unknown database. */
export function isWorthWaiting(error: unknown): boolean {
  return worthWaiting.has(codeOf(error)) || worthWaitingMessage.test(messageOf(error))
}

/** Whether the connection itself is gone, so that the outcome of what was sent last is unknown. */
export function isConnectionLost(error: unknown): boolean {
  return (
    error instanceof ConnectionLost ||
    isWorthWaiting(error) ||
    /^(Client was closed|Client has encountered a connection error)/.test(messageOf(error))
  )
}

/** Whether PostgreSQL itself sent this error. */
export function isSqlError(error: unknown): error is SqlError {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(codeOf(error)) && 'severity' in error
}

/** A migration is done and has left something in the session that only a new one is free of. */
export class SessionOutdated extends Error {
  readonly migration: string

  constructor(migration: string) {
    super(`what ${migration} did takes a new session to show`)
    this.migration = migration
  }
}

/** The session ended under a migration; whether its last commit happened is in the history. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/** Whether repeating the whole transaction may help. */
export function isWorthRepeating(error: unknown): boolean {
  return worthRepeating.has(codeOf(error))
}

/** PostgreSQL's own error among the causes of an error; else what a script failed with, or the error itself. */
export function rootCause(error: unknown): unknown {
  if (error instanceof ConnectionLost) return error
  for (let each: unknown = error; each instanceof Error; each = each.cause) if (isSqlError(each)) return each
  return error instanceof MessageError ? error.cause : error
}

/** Whether another session made the same table meanwhile: two `create table if not exists` meet in a unique index of the catalogue. */
export function isMadeMeanwhile(error: unknown): boolean {
  return ['23505', '42P07', '42710'].includes(codeOf(error))
}

/** Whether there is no such table, or this role may not read it. */
export function isOutOfSight(error: unknown): boolean {
  return ['42P01', '3F000', '42501'].includes(codeOf(error))
}
