import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/database.ts'
import { messageOf } from '../database/errors.ts'
import { holdsLock, withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import type { Session } from '../database/session.ts'
import { withSession } from '../database/session.ts'
import { type HistoryTable, historyTable } from '../database/table.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'

/**
 * Holds the run lock for a foreign migrator: while `command` runs, or without one until the signal. `readyFile` exists exactly
 * while the lock is held. Returns the command's exit code. Ends the command when the lock is lost: without it a second
 * migrator may start. Throws LockTimeout as `up` does.
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
  const ended = new AbortController()
  return withSession(config, signal, emit, async (session) => {
    await prepareSession(session, config)
    return withLock(session, table, config.budget.lockWait, emit, async () => {
      if (readyFile) writeFileSync(readyFile, 'held\n')
      const stop = AbortSignal.any([ended.signal, signal])
      const work = command.length > 0 ? runCommand(command, env, stop) : untilAborted(stop)
      try {
        return await Promise.race([untilLockLost(session, table, ended.signal), work])
      } catch (error) {
        throw error instanceof Failure || signal.aborted ? error : lockLost(command, error)
      } finally {
        ended.abort()
        // A foreign migrator that goes on without the lock is what the lock is there to prevent.
        await work.catch(() => {})
        if (readyFile) rmSync(readyFile, { force: true })
      }
    })
  })
}

/** Rejects when the session no longer holds the lock; looks every second, which also keeps the connection from idling. */
async function untilLockLost(session: Session, table: HistoryTable, ended: AbortSignal): Promise<never> {
  for (;;) {
    await delay(1_000, undefined, { signal: ended })
    const { rows } = await session.query(`select ${holdsLock(table)} as held`)
    if (!rows[0].held) throw new Error('the session no longer holds the run lock')
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
    stop.addEventListener(
      'abort',
      () => {
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
      },
      { once: true },
    )
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
