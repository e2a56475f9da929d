import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export type Run = {
  readonly code: number | null
  readonly output: string
  readonly events: readonly Record<string, unknown>[]
  readonly terminationMessage: string
}

export type Started = {
  readonly kill: (signal: NodeJS.Signals) => void
  readonly output: () => string
  readonly ended: Promise<Run>
  /** Resolves when the output so far matches; rejects when the process ends without. */
  readonly says: (pattern: RegExp) => Promise<void>
}

/** Starts the built command, dist/lotse.js, as the image does: with an environment of its own and nothing else. */
export function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const folder = temporaryFolder()
  const terminationLog = join(folder, 'termination-log')
  const child = spawn(process.execPath, ['dist/lotse.js', ...args], {
    env: { LOTSE_TERMINATION_LOG: terminationLog, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A test that fails leaves its guards and gates waiting.
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const listeners = new Set<() => void>()
  const add = (chunk: Buffer): void => {
    output += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const ended = new Promise<Run>((resolve) =>
    child.on('close', (code) =>
      resolve({ code, output, events: parseEvents(output), terminationMessage: readIfThere(terminationLog) }),
    ),
  )
  return {
    kill: (signal) => void child.kill(signal),
    output: () => output,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (pattern.test(output)) resolve()
        }
        listeners.add(check)
        check()
        ended.then(() => (pattern.test(output) ? resolve() : reject(new Error(`ended without ${pattern}:\n${output}`))))
      }),
  }
}

/** Runs the built command to its end. */
export function lotse(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return start(args, env).ended
}

/** A migrations folder with these files, removed when the test ends. */
export function migrationsFolder(files: Record<string, string | Buffer>): string {
  const folder = join(temporaryFolder(), 'migrations')
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function parseEvents(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{"'))
    .map((line) => JSON.parse(line))
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
