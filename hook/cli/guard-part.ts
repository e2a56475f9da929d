import type { Failure } from '../failure.ts'

/** Which part `lotse guard` plays: around a command, beside a container, between the two, or before them. */
export type GuardPart =
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly readyFile: string | undefined }
  | {
      readonly kind: 'sidecar'
      readonly state: string
      readonly port: number
      /** Why it cannot even start. */
      readonly problem: Failure | undefined
    }
  | { readonly kind: 'verdict'; readonly state: string }
  | { readonly kind: 'trial' }

/** Reads which part the guard plays from its switches; adds contradictions to `problems`. */
export function parseGuardPart(
  text: (name: 'ready-file' | 'state' | 'port' | 'verdict') => string,
  tries: boolean,
  command: readonly string[],
  problems: string[],
): GuardPart {
  const [readyFile, state, port, verdict] = [text('ready-file'), text('state'), text('port'), text('verdict')]
  const alone = (name: string): void => {
    if (readyFile || command.length > 0) problems.push(`${name}: goes with neither --ready-file nor a command`)
  }
  if (tries) {
    alone('--try')
    if (state || port || verdict) problems.push('--try: goes with none of --state, --port and --verdict')
    return { kind: 'trial' }
  }
  if (verdict) {
    alone('--verdict')
    if (state || port) problems.push('--verdict: goes with neither --state nor --port; it reads what they left')
    return { kind: 'verdict', state: verdict }
  }
  if (state && port) {
    alone('--state')
    if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)
      return { kind: 'sidecar', state, port: Number(port), problem: undefined }
    problems.push(`--port: "${port}" is not a port`)
  } else if (state) problems.push('--state: needs --port too, where probes ask whether the lock is held')
  else if (port) problems.push('--port: needs --state too, the folder for the verdict')
  return { kind: 'command', command, readyFile: readyFile || undefined }
}
