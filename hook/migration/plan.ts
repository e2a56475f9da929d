import type { Applied, Migration } from './migration.ts'
import { compareNames } from './order.ts'

/** What a run would do. `ahead` names what a newer version applied and this image does not know. */
export type Plan =
  | { readonly kind: 'upToDate'; readonly ahead: readonly string[] }
  | { readonly kind: 'pending'; readonly steps: readonly Migration[]; readonly ahead: readonly string[] }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

/** Why a plan is refused: history and folder contradict each other in a way only a person can settle. */
export type Refusal =
  | { readonly kind: 'edited'; readonly name: string; readonly file: string }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'outOfOrder'; readonly name: string; readonly file: string; readonly after: string }

/**
 * Decides what a run would do from what the folder holds and what the history records. Pure.
 *
 * Applied and unknown is `ahead` when it sorts after everything in the folder: an older image meets a newer schema, as
 * `helm rollback` makes it do. Sorted among the folder's files it is `missing`: somebody deleted or renamed a file.
 */
export function makePlan(folder: readonly Migration[], history: readonly Applied[]): Plan {
  const files = new Map(folder.map((migration) => [migration.name, migration]))
  const applied = new Map(history.map((row) => [row.name, row]))
  const newestFile = folder.at(-1)?.name ?? ''
  const newestApplied = [...applied.keys()].sort(compareNames).at(-1) ?? ''

  const unknown = history.map((row) => row.name).filter((name) => !files.has(name))
  const ahead = unknown.filter((name) => compareNames(name, newestFile) > 0).sort(compareNames)
  const steps = folder.filter((migration) => !applied.has(migration.name))

  const refusals: Refusal[] = [
    ...folder
      .filter((migration) => (applied.get(migration.name)?.checksum ?? migration.checksum) !== migration.checksum)
      .map(({ name, file }) => ({ kind: 'edited' as const, name, file })),
    ...unknown.filter((name) => !ahead.includes(name)).map((name) => ({ kind: 'missing' as const, name })),
    ...steps
      .filter((migration) => compareNames(migration.name, newestApplied) < 0)
      .map(({ name, file }) => ({ kind: 'outOfOrder' as const, name, file, after: newestApplied })),
  ]
  if (refusals.length > 0) return { kind: 'refused', refusals }
  return steps.length > 0 ? { kind: 'pending', steps, ahead } : { kind: 'upToDate', ahead }
}
