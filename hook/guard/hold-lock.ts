import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { messageOf } from '../database/errors.ts'
import { type HistoryTable, historyTable, holdsLock, withLock } from '../database/lock.ts'
import { withPreparedSession } from '../database/reconnect.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { awaitServices } from '../gate/wait-for-services.ts'

/** How long what runs under the lock may still take, in milliseconds, asked with the session before it waits for the lock. */
export type Limit = (session: Session, table: HistoryTable) => Promise<number>

/**
 * Takes the run lock as `up` does and runs `work` with it; gives it back when `work` has ended. `work` gets a promise that rejects
 * when the lock is lost, with a Failure that says `what` was running. The signal ends the waiting for the lock, but not the session
 * that holds it: what runs under it has to end first. Throws LockTimeout, DatabaseUnreachable and WaitTimeout as `up` does.
 */
export async function hold<T>(
  config: Config,
  what: string,
  signal: AbortSignal,
  emit: Emit,
  work: (lost: Promise<never>) => Promise<T>,
  limit: Limit = async () => Number.POSITIVE_INFINITY,
): Promise<T> {
  const table = historyTable(config.history)
  const waiting = new AbortController()
  const stopWaiting = (): void => waiting.abort(signal.reason)
  if (signal.aborted) stopWaiting()
  signal.addEventListener('abort', stopWaiting, { once: true })
  const left = await awaitServices(config, waiting.signal, emit)
  const guarded = async (session: Session): Promise<T> => {
    const lockWait = Math.max(0, Math.min(config.budget.lockWait, (await limit(session, table)) - 1_000))
    return withLock(session, table, lockWait, emit, async () => {
      signal.removeEventListener('abort', stopWaiting)
      const ended = new AbortController()
      const lost = untilLockLost(session, table, ended.signal).catch((error) => {
        throw lockLost(what, error)
      })
      lost.catch(() => {})
      try {
        return await work(lost)
      } finally {
        ended.abort()
      }
    })
  }
  return withPreparedSession(config, waiting.signal, emit, guarded, left)
}

/** How often is looked whether the lock is held, and how long an answer may take. Milliseconds. */
const period = 1_000
const patience = 5_000

/**
 * Rejects when the session no longer holds the lock. An answer that takes longer than `patience` counts as lost, since
 * a server that we do not reach lets go of the lock after 25 s (database/prepare.ts), and what runs under it has to be gone by then.
 */
async function untilLockLost(session: Session, table: HistoryTable, ended: AbortSignal): Promise<never> {
  for (;;) {
    await delay(period, undefined, { signal: ended })
    const late = delay(patience, undefined, { signal: ended }).then(() => {
      throw new Error('the server does not answer')
    })
    const { rows } = await Promise.race([session.query(`select ${holdsLock(table)} as held`), late])
    late.catch(() => {})
    if (!rows[0].held) throw new Error('the session no longer holds it')
  }
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function lockLost(what: string, cause: unknown): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `the run lock was lost while ${what} was running: ${messageOf(cause)}`,
    state: [
      `${what.replace(/^./, (letter) => letter.toUpperCase())} was stopped. What it had committed is in the database.`,
    ],
    remedy: { kind: 'runAgain', after: "find out from the server's log why the connection was closed" },
    cause,
  })
}
