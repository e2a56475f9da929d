import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/database.ts'
import { messageOf } from '../database/errors.ts'
import { holdsLock, withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import { type Session, withSession } from '../database/session.ts'
import { type HistoryTable, historyTable } from '../database/table.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'

/** How long a command may take to end after SIGTERM before it is killed; below Kubernetes' 30 s of grace. Milliseconds. */
const grace = 20_000

/**
 * Holds the run lock for a foreign migrator: while `command` runs, or without one until the signal. `readyFile` exists exactly
 * while the lock is held. Returns the command's exit code. Ends the command when the lock is lost or the signal comes, and gives
 * the lock back only when the command has ended. Throws LockTimeout as `up` does.
 */
export async function guard(
  config: Config,
  command: readonly string[],
  readyFile: string | undefined,
  env: Env,
  signal: AbortSignal,
  emit: Emit,
): Promise<number> {
  const table = historyTable(config.history)
  // The signal ends the waiting for the lock, but not the session that holds it: the command has to end first.
  const waiting = new AbortController()
  const stopWaiting = (): void => waiting.abort(signal.reason)
  signal.addEventListener('abort', stopWaiting, { once: true })
  return withSession(config, waiting.signal, emit, async (session) => {
    await prepareSession(session, config)
    return withLock(session, table, config.budget.lockWait, emit, async () => {
      signal.removeEventListener('abort', stopWaiting)
      if (readyFile) writeFileSync(readyFile, 'held\n')
      const ended = new AbortController()
      const stop = AbortSignal.any([ended.signal, signal])
      const work = command.length > 0 ? runCommand(command, env, stop) : untilAborted(stop)
      try {
        const code = await Promise.race([untilLockLost(session, table, ended.signal), work])
        if (signal.aborted && command.length > 0) throw signal.reason
        return code
      } catch (error) {
        throw error instanceof Failure ? error : lockLost(command, error)
      } finally {
        ended.abort()
        await work.catch(() => {})
        if (readyFile) rmSync(readyFile, { force: true })
      }
    })
  })
}

/**
 * Rejects when the session no longer holds the lock. Looks every second; an answer that takes longer than 5 s counts as lost, since
 * a server that we do not reach lets go of the lock after 25 s (settings.ts), and the command has to be gone by then.
 */
async function untilLockLost(session: Session, table: HistoryTable, ended: AbortSignal): Promise<never> {
  for (;;) {
    await delay(1_000, undefined, { signal: ended })
    const late = delay(5_000, undefined, { signal: ended }).then(() => {
      throw new Error('the server does not answer')
    })
    const { rows } = await Promise.race([session.query(`select ${holdsLock(table)} as held`), late])
    late.catch(() => {})
    if (!rows[0].held) throw new Error('the session no longer holds it')
  }
}

function untilAborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(0)
    signal.addEventListener('abort', () => resolve(0), { once: true })
  })
}

function runCommand([program = '', ...args]: readonly string[], env: Env, stop: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...env } })
    const end = (): void => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), grace).unref()
    }
    stop.addEventListener('abort', end, { once: true })
    child.on('close', (code) => resolve(code ?? 1))
    child.on('error', (cause) =>
      reject(
        new Failure('ConfigInvalid', {
          summary: `${program} cannot be started: ${cause.message}`,
          state: ['Nothing was changed.'],
          remedy: 'give the command as it is found on PATH, after --',
          cause,
        }),
      ),
    )
  })
}

function lockLost([program = 'the guard']: readonly string[], cause: unknown): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `the run lock was lost while ${basename(program)} was running: ${messageOf(cause)}`,
    state: [`${basename(program)} was ended. What it had committed is in the database.`],
    remedy: 'see why the server closed the connection, then run it again',
    cause,
  })
}
