import { codeOf, isConnectionLost, isSqlError, messageOf, rootCause } from '../database/errors.ts'
import { Failure } from '../failure.ts'

/** The Failure of an error that no step of a run has explained. */
export function unforeseen(error: unknown): Failure {
  if (error instanceof Failure) return error
  const cause = rootCause(error)
  if (isConnectionLost(cause)) {
    return new Failure('DatabaseUnreachable', {
      summary: `the connection to the database was lost: ${messageOf(cause)}`,
      state: ['PostgreSQL rolls back what was open; what was committed is in the history.'],
      remedy: "see the server's log, then run it again",
      cause,
    })
  }
  if (isSqlError(cause)) {
    return new Failure('DatabaseUnreachable', {
      summary: `the database refused what Lotse itself needs: ${cause.message} (SQLSTATE ${codeOf(cause)})`,
      details: [cause.detail, cause.hint].filter((line) => line !== undefined),
      state: ['What was open was rolled back.'],
      remedy: 'give the user that Lotse connects as what is missing, then run it again',
      cause,
    })
  }
  return bug(error)
}

/** An error nobody foresaw. The one failure that shows a stack, because the person to act on it is us. */
function bug(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return new Failure('Bug', {
    summary: `this is a bug in Lotse: ${error instanceof Error ? error.message : String(error)}`,
    details: stack
      .split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    state: ['What was open in the database was rolled back.'],
    remedy: 'run it again; if it stays, report it with this text',
    cause: error,
  })
}
