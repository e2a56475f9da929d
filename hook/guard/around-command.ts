import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import { basename } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { reasonOf, writeAtOnce } from '../config/regular-file.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { hold, untilAborted } from './hold-lock.ts'

/** How long a command may take to end after SIGTERM before it is killed; below Kubernetes' 30 s of grace. Milliseconds. */
const grace = 20_000

/**
 * Holds the run lock for a foreign migrator: while `command` runs, or without one until the signal. `readyFile` exists exactly
 * while the lock is held. Returns the command's exit code. Ends the command when the lock is lost or the signal comes, and gives
 * the lock back only when the command has ended. Throws LockTimeout as `up` does, and
 * ConfigInvalid for a command that cannot be started or a `readyFile` that cannot be written.
 */
export async function guard(
  config: Config,
  command: readonly string[],
  readyFile: string | undefined,
  env: Env,
  signal: AbortSignal,
  emit: Emit,
): Promise<number> {
  const [program = 'the guard'] = command
  return hold(config, basename(program), signal, emit, async (lost) => {
    if (readyFile) writeReadyFile(readyFile)
    const ended = new AbortController()
    const stop = AbortSignal.any([ended.signal, signal])
    const work = command.length > 0 ? runCommand(command, env, stop) : untilAborted(stop).then(() => 0)
    try {
      const code = await Promise.race([lost, work])
      if (signal.aborted && command.length > 0) throw signal.reason
      return code
    } finally {
      ended.abort()
      await work.catch(() => {})
      if (readyFile) rmSync(readyFile, { force: true })
    }
  })
}

function writeReadyFile(path: string): void {
  try {
    writeAtOnce(path, 'held\n')
  } catch (cause) {
    throw new Failure('ConfigInvalid', {
      summary: `--ready-file: cannot write ${path}: ${reasonOf(cause)}`,
      state: ['Nothing was changed; the command was not started.'],
      remedy: 'name a file in a folder that the guard can write to, such as an emptyDir',
      cause,
    })
  }
}

function runCommand([program = '', ...args]: readonly string[], env: Env, stop: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...env } })
    const end = (): void => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), grace).unref()
    }
    stop.addEventListener('abort', end, { once: true })
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
    child.on('error', (cause) =>
      reject(
        new Failure('ConfigInvalid', {
          summary: `cannot start ${program}: ${cause.message}`,
          state: ['Nothing was changed.'],
          remedy: 'write the command after --, with its path or as it is found on PATH',
          cause,
        }),
      ),
    )
  })
}
