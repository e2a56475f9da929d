import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionLost, codeOf, isSqlError, isWorthRepeating, messageOf, rootCause } from '../database/errors.ts'
import { watch } from '../database/monitor.ts'
import { Failure, type Remedy } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { limitsOf, type Run } from './work.ts'

/** From 0.5 s doubling to 30 s, with jitter: long enough for what queued behind the lock to drain. Milliseconds. */
const pause = { first: 500, longest: 30_000 }

/**
 * Repeats an attempt while it fails on a lock timeout, a deadlock or a serialization failure (55P03, 40P01, 40001), and says
 * who was in the way. Gives up when the run's deadline leaves no room for another attempt; then, and on every other error,
 * throws what `explain` makes of it, with the blockers.
 */
export async function retry(
  run: Run,
  migration: Migration,
  attempt: () => Promise<void>,
  explain: (error: unknown) => unknown,
): Promise<void> {
  const { config, session, emit } = run
  const lockTimeout = limitsOf(config, migration).lock
  const started = performance.now()
  let longestPause = pause.first
  const patience = Math.min(1_000, lockTimeout / 2)
  const monitor = watch(session, patience, Math.max(patience, 100), ({ blockers, progress }) =>
    emit({
      event: 'migration.progress',
      name: migration.name,
      elapsed: performance.now() - started,
      blockers,
      ...(progress ? { progress } : {}),
    }),
  )
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt()
      } catch (error) {
        const cause = rootCause(error)
        const stopped = session.signal.aborted
        // Where the connection is gone, a new session finds out from the history what became of it.
        if (session.lostBy(cause) && !stopped) throw new ConnectionLost(cause)
        const wait = longestPause * (0.5 + Math.random() / 2)
        const room = run.deadline - performance.now() > wait + lockTimeout + 1_000
        if (stopped || !isWorthRepeating(cause) || !room) {
          const told = withBlockers(explain(error), monitor.blockers(), tries)
          const where = !stopped && isSqlError(cause) ? cause.where : undefined
          if (!where) throw told
          throw await (await import('./event-trigger.ts')).nameEventTrigger(session, migration, told, where)
        }
        emit({
          event: 'migration.retried',
          name: migration.name,
          error: `${withoutQuotedSecrets(messageOf(cause))} (SQLSTATE ${codeOf(cause)})`,
          blockers: monitor.blockers(),
          tries,
          wait,
        })
        await delay(wait, undefined, { signal: session.signal })
        monitor.forget()
        longestPause = Math.min(longestPause * 2, pause.longest)
      }
    }
  } finally {
    monitor.stop()
  }
}

const unblock: Remedy = {
  kind: 'runAgain',
  after: 'end the session that blocks it (SELECT pg_terminate_backend(PID)) or wait for it to end',
}

function withBlockers(error: unknown, blockers: readonly string[], tries: number): unknown {
  if (!(error instanceof Failure) || !isWorthRepeating(rootCause(error.cause))) return error
  return error.with({
    details: blockers,
    state: [tries === 1 ? 'It was tried once; no time was left to retry.' : `It was tried ${tries} times.`],
    ...(blockers.length > 0 ? { remedy: unblock } : {}),
  })
}
