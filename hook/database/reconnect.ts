import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { describeTarget } from './connect.ts'
import { isConnectionLost, messageOf, rootCause, SessionOutdated } from './errors.ts'
import { prepareSession } from './prepare.ts'
import { type Session, withSession } from './session.ts'

/** Connections that may be lost in a row before something must be wrong that another one will not mend. */
const most = 3

/** One that lasted longer was a good one: a backfill of hours outlives more failovers than that. Milliseconds. */
const lasting = 60_000

/** How many connections were lost in a row, once one more was that had lasted so many milliseconds. Pure. */
export function lostInARow(before: number, lasted: number): number {
  return lasted > lasting ? 1 : before + 1
}

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
    const started = performance.now()
    try {
      return await withSession(config, signal, emit, work, budget)
    } catch (error) {
      if (error instanceof SessionOutdated) {
        emit({ event: 'session.renewed', name: error.migration })
        continue
      }
      const cause = rootCause(error)
      if (error instanceof Failure || !isConnectionLost(cause)) throw error
      lost = lostInARow(lost, performance.now() - started)
      if (lost > most) throw lostTooOften(config, cause)
      emit({ event: 'connection.lost', target: describeTarget(config.database), error: messageOf(cause), lost })
    }
  }
}

/**
 * Like withSession, with a session that can hold the lock and migrate. Until it can, it connects anew when the primary is elsewhere now
 * or the connection is lost, within one budget for all of it; once `work` has begun, a lost connection is `work`'s to explain.
 */
export async function withPreparedSession<T>(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  work: (session: Session) => Promise<T>,
  budget: number = config.budget.connect,
): Promise<T> {
  const deadline = performance.now() + budget
  const left = (): number => Math.max(1, deadline - performance.now())
  for (let lost = 1; ; lost++) {
    let ready = false
    const prepared = async (session: Session): Promise<T> => {
      await prepareSession(session, config, emit, left())
      ready = true
      return work(session)
    }
    try {
      return await withSession(config, signal, emit, prepared, left())
    } catch (error) {
      const cause = rootCause(error)
      if (ready || error instanceof Failure || !isConnectionLost(cause)) throw error
      emit({ event: 'connection.lost', target: describeTarget(config.database), error: messageOf(cause), lost })
      if (deadline < performance.now()) throw lostTooOften(config, cause, lost)
      await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** Between two connections that were lost before they could be used. Milliseconds. */
const pause = 500

function lostTooOften({ database }: Config, cause: unknown, times = most + 1): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `the connection to database ${describeTarget(database)} was lost ${times} time${times === 1 ? '' : 's'}: ${messageOf(cause)}`,
    state: ['PostgreSQL rolled back what was open; what was committed is in the history.'],
    remedy:
      "look at the server's log: it may run out of memory or restart; then run it again, it continues from the history",
    cause,
  })
}
