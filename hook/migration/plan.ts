import type { Tolerance } from '../config/config.ts'
import { editOf, isSameButForMore, withFormerMigrations } from './conditions.ts'
import { type Directives, none } from './directives.ts'
import type { Applied, Migration } from './migration.ts'
import { type Order, orderOfFolder, twoOrders } from './name.ts'
import type { Refusal } from './refusal.ts'

/** What a run would do. `ahead` names what a newer version applied and this image does not know; `deferred` waits for `lotse finish`. */
export type Plan =
  | { readonly kind: 'upToDate'; readonly ahead: readonly string[]; readonly deferred: readonly Migration[] }
  | {
      readonly kind: 'pending'
      readonly steps: readonly Migration[]
      readonly ahead: readonly string[]
      readonly deferred: readonly Migration[]
    }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

/**
 * Decides what a run would do from what the folder holds and what the history records. Pure.
 *
 * Applied and unknown is `ahead` when it sorts after everything in the folder: an older image meets a newer schema, as
 * `helm rollback` makes it do. Sorted among the folder's files it is `missing`: somebody deleted or renamed a file.
 * A migration that was started and not finished is pending: the run continues it. A repeatable one is pending again when its
 * text has changed, and neither it nor its row is ever out of order, edited or missing.
 *
 * Contract migrations and backfills are deferred, each phase with an order of its own. In the `first` run of a database everything
 * runs at once, in the order of names: there is no older version.
 */
export function makePlan(
  whole: readonly Migration[],
  history: readonly Applied[],
  allowed: readonly Tolerance[] = [],
  first: boolean = history.length === 0,
): Plan {
  const folder = applicable(whole, history)
  const files = new Map(folder.map((migration) => [migration.name, migration]))
  const rows = new Map(history.map((row) => [row.name, row]))
  const newestFile = newestVersion(folder)
  const order = orderOfFolder(folder)
  const isLater = (name: string): boolean => isDeferred(files.get(name) ?? expand)
  const versions = history.filter((row) => !row.ran && !files.get(row.name)?.repeatable).map(({ name }) => name)
  const newestOf = (names: readonly string[]): string =>
    names.reduce((a, b) => (order(a, b) < 0 ? b : a), names[0] ?? '')
  const newest = { now: newestOf(versions.filter((name) => !isLater(name))), later: newestOf(versions.filter(isLater)) }
  const newestBeside = (migration: Migration): string => (isDeferred(migration) ? newest.later : newest.now)
  const unless = (tolerance: Tolerance, refusals: Refusal[]): Refusal[] => (allowed.includes(tolerance) ? [] : refusals)

  const unknown = history.filter((row) => !files.has(row.name))
  const ahead = unknown.filter((row) => row.ran || newestFile === '' || order(row.name, newestFile) > 0)
  const pending = folder.filter((migration) => isPending(migration, rows.get(migration.name)))
  const deferred = first ? [] : pending.filter(isDeferred)
  const steps = first ? pending : pending.filter((migration) => !isDeferred(migration))
  const fresh = pending.filter((migration) => !rows.has(migration.name) && !migration.repeatable)

  const refusals = [
    ...history.filter((row) => row.state === 'reverting').map(({ name }): Refusal => ({ kind: 'reverting', name })),
    ...pending
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
        .map((migration) => ({ migration, after: newestBeside(migration) }))
        .filter(({ migration: { name }, after }) => after !== '' && order(name, after) < 0)
        .map(({ migration: { name, file }, after }) => ({ kind: 'outOfOrder', name, file, after })),
    ),
    ...unless('ahead-breaking', breakingAhead(folder, history)),
    ...steps.flatMap(({ file, format, foreign, conditionOf }): Refusal[] => [
      ...(foreign && format ? [{ kind: 'foreign', file, format, why: foreign } as const] : []),
      ...(conditionOf ? [{ kind: 'conditionAlone', file, of: conditionOf } as const] : []),
    ]),
    ...pending.flatMap((migration) =>
      migration.directives.requires
        .filter((name) => rows.get(name)?.state !== 'applied')
        .flatMap((name) => unmet(migration, name, files.get(name), order, first) ?? []),
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
  return steps.length > 0
    ? { kind: 'pending', steps, ahead: names, deferred }
    : { kind: 'upToDate', ahead: names, deferred }
}

/** Whether it runs after the rollout: `lotse up` leaves it to `lotse finish` where an older version may run. */
export function isDeferred({ directives }: { readonly directives: Directives }): boolean {
  return directives.phase !== 'expand'
}

/** What counts of a row whose file is gone. */
const expand = { directives: none }

/** Why a requirement that is not applied will not be so in time; undefined when it will. */
function unmet(
  migration: Migration,
  name: string,
  required: Migration | undefined,
  order: Order,
  first: boolean,
): Refusal | undefined {
  const { file } = migration
  const apart = required !== undefined && !first && isDeferred(required) !== isDeferred(migration)
  if (apart && isDeferred(migration)) return undefined
  if (apart) return { kind: 'requiresDeferred', file, required: name, phase: required.directives.phase }
  return isBefore(required, migration, order) ? undefined : { kind: 'requires', file, required: name }
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
 * What a pod of this version needs and the history lacks; it runs before what is left for after the rollout. A repeatable migration that ran with this text before, and with another
 * since, is not lacking: a newer version changed it.
 */
export function lacking(whole: readonly Migration[], history: readonly Applied[]): readonly string[] {
  const rows = new Map(history.map((row) => [row.name, row]))
  return applicable(whole, history)
    .filter((migration) => {
      const row = rows.get(migration.name)
      return (
        !isDeferred(migration) &&
        isPending(migration, row) &&
        !(row?.state === 'applied' && row.ran?.includes(migration.checksum))
      )
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
