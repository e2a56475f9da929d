import { isSameButForMore } from './conditions.ts'
import type { Phase } from './directives.ts'
import type { Applied, Migration } from './migration.ts'
import { orderOfFolder } from './name.ts'
import { applicable, isDeferred, newestVersion, type Plan } from './plan.ts'
import type { Refusal } from './refusal.ts'

/** One line of `lotse status`. */
export type Line = {
  readonly name: string
  readonly state:
    | 'applied'
    | 'pending'
    | 'deferred'
    | 'started'
    | 'reverting'
    | 'ahead'
    | 'missing'
    | 'edited'
    | 'out of order'
  readonly breaking: boolean
  /** Of a file: whether it runs before the rollout or after it. */
  readonly phase?: Phase
  /** Of a repeatable one: whether its text is the one that it ran with last. */
  readonly repeatable?: 'as it ran' | 'changed since it ran' | 'new'
  /** It was applied without conditions that its folder has by now. */
  readonly unasked?: true
}

/** What the whole comes to, most urgent first. */
export type Overall = 'refused' | 'unfinished' | 'pending' | 'ahead' | 'upToDate'

/** The state of every migration that folder or history know, in the order of names. Pure. */
export function linesOf(whole: readonly Migration[], history: readonly Applied[], plan: Plan): Line[] {
  const folder = applicable(whole, history)
  const refusals = plan.kind === 'refused' ? plan.refusals : []
  const refused = (kind: Refusal['kind'], name: string): boolean =>
    refusals.some((each) => each.kind === kind && 'name' in each && each.name === name)
  const deferred = plan.kind === 'refused' ? folder.filter(isDeferred) : plan.deferred
  const rows = new Map(history.map((row) => [row.name, row]))
  const newest = newestVersion(folder)
  const order = orderOfFolder(folder)
  const files = folder.map((migration): Line => {
    const { name } = migration
    const row = rows.get(name)
    const state = refused('edited', name)
      ? 'edited'
      : refused('outOfOrder', name)
        ? 'out of order'
        : (row?.state ?? (deferred.includes(migration) ? 'deferred' : 'pending'))
    const { breaking, phase } = migration.directives
    const line: Line = { name, state, breaking, phase }
    const changed = row?.state === 'applied' && row.checksum !== migration.checksum
    const gained = changed && migration.conditions && isSameButForMore(row.checksum, migration.checksum)
    if (!migration.repeatable) return gained ? { ...line, unasked: true } : line
    return {
      ...line,
      state: changed ? 'pending' : state,
      repeatable: changed ? 'changed since it ran' : row ? 'as it ran' : 'new',
    }
  })
  const known = new Set(folder.map((migration) => migration.name))
  const unknown = history
    .filter((row) => !known.has(row.name))
    .map((row): Line => {
      const state =
        row.state !== 'applied'
          ? row.state
          : row.ran || newest === '' || order(row.name, newest) > 0
            ? 'ahead'
            : 'missing'
      return { name: row.name, state, breaking: row.breaking }
    })
  return [...files, ...unknown].sort((a, b) => order(a.name, b.name))
}

export function overallOf(lines: readonly Line[], plan: Plan): Overall {
  if (plan.kind === 'refused') return 'refused'
  if (lines.some((line) => line.state === 'started' || line.state === 'reverting')) return 'unfinished'
  if (plan.kind === 'pending') return 'pending'
  return plan.ahead.length > 0 ? 'ahead' : 'upToDate'
}
