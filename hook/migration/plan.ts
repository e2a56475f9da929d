import type { FormatName, Tolerance } from '../config/config.ts'
import type { Lost } from '../sql/settings.ts'
import { type Edited, editOf, isSameButForMore, withFormerMigrations } from './conditions.ts'
import type { Applied, Migration } from './migration.ts'
import { type Order, orderOfFolder, twoOrders } from './name.ts'

/** What a run would do. `ahead` names what a newer version applied and this image does not know. */
export type Plan =
  | { readonly kind: 'upToDate'; readonly ahead: readonly string[] }
  | { readonly kind: 'pending'; readonly steps: readonly Migration[]; readonly ahead: readonly string[] }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

/** Why a plan is refused: history and folder contradict each other in a way that only a person can settle. */
export type Refusal =
  | Edited
  | { readonly kind: 'conditionAlone'; readonly file: string; readonly of: string }
  | { readonly kind: 'asksNothing'; readonly file: string; readonly line: number; readonly statement?: string }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'outOfOrder'; readonly name: string; readonly file: string; readonly after: string }
  | { readonly kind: 'twoOrders'; readonly first: string; readonly second: string }
  | { readonly kind: 'aheadBreaking'; readonly name: string }
  | { readonly kind: 'otherRelease'; readonly release: string; readonly names: readonly string[] }
  | {
      /** Another tool has migrated this database; `tools` and `from` have several where its table does not tell whose it is. */
      readonly kind: 'otherHistory'
      readonly tools: readonly string[]
      /** What `lotse adopt --from` takes for it; empty for a tool that it does not know. */
      readonly from: readonly string[]
      readonly table: string
      readonly applied: number
      readonly newest: string
    }
  | {
      /** The table of another tool, which the role may not read. */
      readonly kind: 'otherHistoryHidden'
      readonly tools: readonly string[]
      readonly table: string
      readonly grants: readonly string[]
      readonly owners: readonly string[]
    }
  | {
      /** Pending here, and applied by a tool whose history was taken over before. */
      readonly kind: 'appliedByOther'
      readonly file: string
      readonly tool: string
      readonly from: string
      readonly table: string
    }
  | { readonly kind: 'requires'; readonly file: string; readonly required: string }
  | { readonly kind: 'reverting'; readonly name: string }
  | { readonly kind: 'foreign'; readonly file: string; readonly format: FormatName; readonly why: string }
  | { readonly kind: 'directiveGone'; readonly file: string }
  | { readonly kind: 'needsNoTransaction'; readonly file: string; readonly line: number; readonly statement: string }
  | { readonly kind: 'controlsTransaction'; readonly file: string; readonly line: number; readonly statement: string }
  | { readonly kind: 'setting'; readonly file: string; readonly line: number; readonly lost: Lost }
  | { readonly kind: 'reversal'; readonly file: string; readonly line: number; readonly mark: string }
  | { readonly kind: 'unnamedIndex'; readonly file: string; readonly line: number }
  | { readonly kind: 'syntax'; readonly file: string; readonly line: number; readonly message: string }

/**
 * Decides what a run would do from what the folder holds and what the history records. Pure.
 *
 * Applied and unknown is `ahead` when it sorts after everything in the folder: an older image meets a newer schema, as
 * `helm rollback` makes it do. Sorted among the folder's files it is `missing`: somebody deleted or renamed a file.
 * A migration that was started and not finished is pending: the run continues it. A repeatable one is pending again when its
 * text has changed, and neither it nor its row is ever out of order, edited or missing.
 */
export function makePlan(
  whole: readonly Migration[],
  history: readonly Applied[],
  allowed: readonly Tolerance[] = [],
): Plan {
  const folder = applicable(whole, history)
  const files = new Map(folder.map((migration) => [migration.name, migration]))
  const rows = new Map(history.map((row) => [row.name, row]))
  const newestFile = newestVersion(folder)
  const order = orderOfFolder(folder)
  const versions = history.filter((row) => !row.ran && !files.get(row.name)?.repeatable).map(({ name }) => name)
  const newestApplied = versions.reduce((a, b) => (order(a, b) < 0 ? b : a), versions[0] ?? '')
  const unless = (tolerance: Tolerance, refusals: Refusal[]): Refusal[] => (allowed.includes(tolerance) ? [] : refusals)

  const unknown = history.filter((row) => !files.has(row.name))
  const ahead = unknown.filter((row) => row.ran || newestFile === '' || order(row.name, newestFile) > 0)
  const steps = folder.filter((migration) => isPending(migration, rows.get(migration.name)))
  const fresh = steps.filter((migration) => !rows.has(migration.name) && !migration.repeatable)

  const refusals = [
    ...history.filter((row) => row.state === 'reverting').map(({ name }): Refusal => ({ kind: 'reverting', name })),
    ...steps
      .filter(
        ({ name, directives }) =>
          rows.get(name)?.begun && rows.get(name)?.state === 'started' && directives.transaction,
      )
      .map(({ file }): Refusal => ({ kind: 'directiveGone', file })),
    ...unless(
      'edited',
      folder
        .filter((migration) => isEdited(migration, rows.get(migration.name)))
        .map((migration) => editOf(migration, rows.get(migration.name)?.checksum)),
    ),
    ...unless(
      'missing',
      unknown.filter((row) => !ahead.includes(row)).map(({ name }) => ({ kind: 'missing', name })),
    ),
    ...unless(
      'out-of-order',
      fresh
        .filter((migration) => newestApplied !== '' && order(migration.name, newestApplied) < 0)
        .map(({ name, file }) => ({ kind: 'outOfOrder', name, file, after: newestApplied })),
    ),
    ...unless('ahead-breaking', breakingAhead(folder, history)),
    ...steps.flatMap(({ file, format, foreign, conditionOf }): Refusal[] => [
      ...(foreign && format ? [{ kind: 'foreign', file, format, why: foreign } as const] : []),
      ...(conditionOf ? [{ kind: 'conditionAlone', file, of: conditionOf } as const] : []),
    ]),
    ...steps.flatMap((migration) =>
      migration.directives.requires
        .filter((name) => rows.get(name)?.state !== 'applied' && !isBefore(files.get(name), migration, order))
        .map((required): Refusal => ({ kind: 'requires', file: migration.file, required })),
    ),
  ]
  // Another tool's order is its own, whatever its numbers say.
  const plain = fresh.filter(({ format }) => format === undefined).map(({ name }) => name)
  const contested = twoOrders(plain, order)
  if (contested && !allowed.includes('out-of-order')) {
    const [first, second] = contested.map((name) => files.get(name)?.file ?? name) as [string, string]
    refusals.push({ kind: 'twoOrders', first, second })
  }
  if (refusals.length > 0) {
    const other = otherRelease(folder, history)
    return { kind: 'refused', refusals: other && refusals.some(isOfNames) ? [other] : refusals }
  }
  const names = ahead.map((row) => row.name).sort(order)
  return steps.length > 0 ? { kind: 'pending', steps, ahead: names } : { kind: 'upToDate', ahead: names }
}

function isOfNames({ kind }: Refusal): boolean {
  return kind === 'missing' || kind === 'outOfOrder'
}

/** A history of which this folder has nothing, written by other releases: two applications share it. */
function otherRelease(folder: readonly Migration[], history: readonly Applied[]): Refusal | undefined {
  const known = history.some((row) => folder.some(({ name }) => name === row.name))
  const release = history.find((row) => row.otherRelease)?.otherRelease
  if (known || !release || !history.every((row) => row.otherRelease)) return undefined
  return { kind: 'otherRelease', release, names: history.map((row) => row.name) }
}

/** What a newer version applied and declared to be too much for this one. */
export function breakingAhead(folder: readonly Migration[], history: readonly Applied[]): Refusal[] {
  const newestFile = newestVersion(folder)
  const order = orderOfFolder(folder)
  return history
    .filter(
      (row) =>
        row.breaking &&
        (newestFile === '' || order(row.name, newestFile) > 0) &&
        !folder.some(({ name }) => name === row.name),
    )
    .map(({ name }) => ({ kind: 'aheadBreaking', name }))
}

/** A file that failed in the middle may be corrected; whether what it did before still stands is checked when it continues. */
function isEdited({ checksum, repeatable }: Migration, row: Applied | undefined): boolean {
  return (
    row?.state === 'applied' && row.checksum !== checksum && !repeatable && !isSameButForMore(row.checksum, checksum)
  )
}

/** Whether a run would apply it: it is not applied, or repeatable and applied with another text. */
function isPending({ repeatable, checksum }: Migration, row: Applied | undefined): boolean {
  return row?.state !== 'applied' || (repeatable === true && row.checksum !== checksum)
}

/** The name of the newest migration of a folder that is no repeatable one; empty when there is none. */
export function newestVersion(folder: readonly Migration[]): string {
  return folder.findLast(({ repeatable }) => !repeatable)?.name ?? ''
}

/**
 * What a pod of this version needs and the history lacks. A repeatable migration that ran with this text before, and with another
 * since, is not lacking: a newer version changed it.
 */
export function lacking(whole: readonly Migration[], history: readonly Applied[]): readonly string[] {
  const rows = new Map(history.map((row) => [row.name, row]))
  return applicable(whole, history)
    .filter((migration) => {
      const row = rows.get(migration.name)
      return isPending(migration, row) && !(row?.state === 'applied' && row.ran?.includes(migration.checksum))
    })
    .map(({ name }) => name)
}

/**
 * The migrations of a folder that count for a database with this history. A baseline of Flyway's takes the place of the versions up to
 * its own where nothing else was applied: in an empty database, and in one that began with it.
 */
export function applicable(whole: readonly Migration[], history: readonly Applied[]): readonly Migration[] {
  const asking = whole.some(({ conditions }) => conditions)
  const folder = asking ? withFormerMigrations(whole, history, orderOfFolder(whole)) : whole
  if (!folder.some(({ baseline }) => baseline)) return folder
  const names = new Set(history.map(({ name }) => name))
  const begun = folder.find(({ name, baseline }) => baseline && names.has(name))
  const taken = begun ?? (history.length === 0 ? folder.findLast(({ baseline }) => baseline) : undefined)
  const after = taken ? folder.indexOf(taken) : -1
  return folder.filter(
    (migration, index) => migration === taken || (!migration.baseline && (index > after || names.has(migration.name))),
  )
}

function isBefore(required: Migration | undefined, migration: Migration, order: Order): boolean {
  return required !== undefined && order(required.name, migration.name) < 0
}
