import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { readRegularFile, writeAtOnce } from '../config/regular-file.ts'
import { exitCodes, Failure, type FailureReason, type Remedy } from '../failure.ts'

/** What a guard beside a container found: the lock is held, or why not. */
export type Verdict = { readonly kind: 'held' } | { readonly kind: 'failed'; readonly failure: Failure }

/** Leaves the verdict in the folder for the migrator's container. Throws ConfigInvalid when it cannot be written. */
export function leaveVerdict(folder: string, verdict: Verdict): void {
  const path = join(folder, 'verdict.json')
  try {
    // Renamed, so that nobody reads half of it.
    writeAtOnce(`${path}.new`, `${JSON.stringify(fieldsOf(verdict))}\n`)
    renameSync(`${path}.new`, path)
  } catch (cause) {
    throw new Failure('ConfigInvalid', {
      summary: `cannot write the verdict to ${path}: ${(cause as Error).message}`,
      state: ['Nothing was changed.'],
      remedy: 'give --state a folder that the guard can write to, such as an emptyDir',
      cause,
    })
  }
}

/** The verdict in the folder, or undefined when there is none yet. Throws ConfigInvalid for anything but a verdict. */
export function readVerdict(folder: string): Verdict | undefined {
  const path = join(folder, 'verdict.json')
  try {
    return verdictOf(JSON.parse(readRegularFile(path)))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Failure('ConfigInvalid', {
      summary: `${path} holds no verdict: ${(cause as Error).message}`,
      remedy: 'give --state and --verdict a folder of their own, such as an emptyDir',
      cause,
    })
  }
}

/** Returns when the guard beside it holds the lock. Throws the guard's own failure when the guard gave up. */
export function acceptVerdict(folder: string): void {
  const verdict = readVerdict(folder)
  if (verdict?.kind === 'failed') throw verdict.failure
  if (verdict) return
  throw new Failure('ConfigInvalid', {
    summary: `${join(folder, 'verdict.json')} does not exist: the guard has not decided yet, or writes to another folder`,
    remedy:
      'run lotse guard --state with the same folder as a native sidecar before this, with a startupProbe on GET /decided',
  })
}

function fieldsOf(verdict: Verdict): object {
  if (verdict.kind === 'held') return verdict
  const { reason, words } = verdict.failure
  return { kind: verdict.kind, reason, ...words }
}

/** A remedy as this version writes it, or the text that an older one wrote. */
function remedyOf(json: unknown): string | Remedy {
  return typeof json === 'object' && json !== null && 'kind' in json ? (json as Remedy) : String(json)
}

function verdictOf(json: Record<string, unknown>): Verdict {
  if (json.kind === 'held') return { kind: 'held' }
  if (json.kind !== 'failed' || !Object.hasOwn(exitCodes, String(json.reason)))
    throw new Error('it says neither held nor failed')
  const lines = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
  const failure = new Failure(json.reason as FailureReason, {
    summary: String(json.summary),
    details: lines(json.details),
    state: lines(json.state),
    remedy: remedyOf(json.remedy),
  })
  return { kind: 'failed', failure }
}
