import { spawn } from 'node:child_process'

export type Result = { readonly code: number | null; readonly output: string; readonly stdout: string }

export type Options = {
  readonly input?: string
  readonly onOutput?: (chunk: string) => void
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end; `output` is both streams in the order they came. */
export function run(program: string, args: readonly string[], { input, onOutput, env }: Options = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    let [output, stdout] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
        onOutput?.(String(chunk))
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output, stdout }))
    child.stdin.end(input)
  })
}

/** Runs a program that must succeed and returns its standard output. Throws with everything it printed. */
export async function must(program: string, args: readonly string[], options: Options = {}): Promise<string> {
  const { code, output, stdout } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return stdout
}

/**
 * Repeats a check until it returns something, with a deadline in milliseconds. `what` may tell how far it came.
 * A check that throws looked too early, at a pod that has no status yet for example; at the deadline its last error is the cause.
 */
export async function until<T>(
  what: string | (() => string),
  check: () => Promise<T | undefined | false>,
  deadline = 60_000,
): Promise<T> {
  const end = Date.now() + deadline
  for (;;) {
    let cause: unknown
    try {
      const found = await check()
      if (found) return found
    } catch (error) {
      cause = error
    }
    if (Date.now() > end)
      throw new Error(`after ${deadline / 1000} s still not: ${typeof what === 'string' ? what : what()}`, { cause })
    await new Promise((next) => setTimeout(next, 200))
  }
}
