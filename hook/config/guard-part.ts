import type { Failure } from '../failure.ts'

/** Which part `lotse guard` plays: around a command, beside a container, or between the two. */
export type GuardPart =
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly readyFile: string | undefined }
  | {
      readonly kind: 'sidecar'
      readonly state: string
      readonly port: number
      /** Why it cannot even begin. */
      readonly problem: Failure | undefined
    }
  | { readonly kind: 'verdict'; readonly state: string }

/** Reads which part the guard plays from its switches; adds what contradicts to `problems`. */
export function parseGuardPart(
  text: (name: 'ready-file' | 'state' | 'port' | 'verdict') => string,
  command: readonly string[],
  problems: string[],
): GuardPart {
  const [readyFile, state, port, verdict] = [text('ready-file'), text('state'), text('port'), text('verdict')]
  const alone = (name: string): void => {
    if (readyFile || command.length > 0) problems.push(`${name}: goes with neither --ready-file nor a command`)
  }
  if (verdict) {
    alone('--verdict')
    if (state || port) problems.push('--verdict: goes with neither --state nor --port; it reads what they left')
    return { kind: 'verdict', state: verdict }
  }
  if (state && port) {
    alone('--state')
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) problems.push(`--port: "${port}" is no port`)
    else return { kind: 'sidecar', state, port: Number(port), problem: undefined }
  } else if (state || port) {
    problems.push(
      state
        ? '--state: needs --port too, where it answers whether the lock is held'
        : '--port: needs --state too, the folder for the verdict',
    )
  }
  return { kind: 'command', command, readyFile: readyFile || undefined }
}
