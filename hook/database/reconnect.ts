import type { Config } from '../config/config.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { describeTarget } from './connect.ts'
import { isConnectionLost, messageOf, rootCause, SessionOutdated } from './errors.ts'
import { type Session, withSession } from './session.ts'

/** Connections that may be lost in one run before something must be wrong that another one will not mend. */
const most = 3

/**
 * Like withSession, but begins again in a new session when the connection is lost or `work` asks for a new one, by SessionOutdated.
 * `work` must start from what the database says:
 * whether a COMMIT that got no answer has happened is in the history (PostgreSQL docs 55.2, "Termination").
 * Throws DatabaseUnreachable when connections keep being lost.
 */
export async function withSessions<T>(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  work: (session: Session) => Promise<T>,
  budget: number = config.budget.connect,
): Promise<T> {
  for (let lost = 0; ; ) {
    try {
      return await withSession(config, signal, emit, work, budget)
    } catch (error) {
      if (error instanceof SessionOutdated) {
        emit({ event: 'session.renewed', name: error.migration })
        continue
      }
      const cause = rootCause(error)
      if (error instanceof Failure || !isConnectionLost(cause)) throw error
      if (++lost > most) throw lostTooOften(config, cause)
      emit({ event: 'connection.lost', target: describeTarget(config.database), error: messageOf(cause), lost })
    }
  }
}

function lostTooOften({ database }: Config, cause: unknown): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `the connection to database ${describeTarget(database)} was lost ${most + 1} times: ${messageOf(cause)}`,
    state: ['PostgreSQL rolled back what was open; what was committed is in the history.'],
    remedy:
      "look at the server's log: it may run out of memory or restart; then run it again, it continues from the history",
    cause,
  })
}
