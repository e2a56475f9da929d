import { codeOf, isConnectionLost, isSqlError, messageOf, rootCause } from '../database/errors.ts'
import { Failure } from '../failure.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'

/** The Failure of an error that no step of a run has explained. */
export function unforeseen(error: unknown): Failure {
  if (error instanceof Failure) return error
  const cause = rootCause(error)
  if (isConnectionLost(cause)) {
    return new Failure('DatabaseUnreachable', {
      summary: `the connection to the database was lost: ${messageOf(cause)}`,
      state: ['PostgreSQL rolls back what was open; what was committed is in the history.'],
      remedy: { kind: 'runAgain', after: "check the server's log" },
      cause,
    })
  }
  if (isSqlError(cause)) {
    const message = withoutQuotedSecrets(cause.message)
    return new Failure('DatabaseUnreachable', {
      summary:
        codeOf(cause) === '42501'
          ? `Lotse lacks a privilege it needs: ${message} (SQLSTATE 42501)`
          : `the database rejected SQL of Lotse itself: ${message} (SQLSTATE ${codeOf(cause)})`,
      details: [cause.detail, cause.hint].filter((line) => line !== undefined).map(withoutQuotedSecrets),
      state: ['What was open was rolled back.'],
      remedy:
        codeOf(cause) === '42501'
          ? { kind: 'runAgain', after: 'grant the missing privilege to the role Lotse connects as' }
          : { kind: 'runAgain', after: 'remove what the message names' },
      cause,
    })
  }
  return bug(error)
}

/** An unexpected error. The one failure that shows a stack, since we are the ones to act on it. */
function bug(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return new Failure('Bug', {
    summary: `this is a bug in Lotse: ${error instanceof Error ? error.message : String(error)}`,
    details: stack
      .split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    state: ['What was open in the database was rolled back.'],
    remedy: 'retry; if it happens again, report it with this text',
    cause: error,
  })
}
