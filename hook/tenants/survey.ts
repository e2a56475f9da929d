import type { Config } from '../config/config.ts'
import { type History, readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import type { Session } from '../database/session.ts'
import { readDigests, readShapes, type Seen, seeHistories } from '../database/tenant-histories.ts'
import type { Contents } from '../folder/read.ts'
import { digestOf } from '../migration/checksum.ts'
import { leftToFinish } from '../migration/finish-plan.ts'
import type { Migration } from '../migration/migration.ts'
import { isDeferred } from '../migration/plan.ts'

/** Where the schemas of all tenants stand, told by a handful of queries. */
export type Survey = {
  /** They have exactly what the folder has for now. */
  readonly upToDate: readonly string[]
  /** The others whose histories can be read together: those of one group have the same history, row by row. */
  readonly groups: readonly Group[]
  /** Their histories have to be read one by one: each is hidden, of another format, or empty. */
  readonly apart: readonly string[]
}

export type Group = { readonly tenants: readonly string[]; readonly history: History; readonly firstRun: boolean }

/** Looks at the schemas of these tenants. Changes nothing, takes no lock, and needs what a gate may do: SELECT on the histories. */
export async function survey(
  session: Session,
  config: Config,
  tenants: readonly string[],
  contents: Promise<Contents>,
): Promise<Survey> {
  const { table } = config.history
  const seen = await seeHistories(session, table, tenants)
  const plain = seen.filter(({ history }) => history === 'plain')
  const digests = await readDigests(session, table, schemasOf(plain))
  const isDone = doneBy(await contents)
  const upToDate: string[] = []
  const others: Seen[] = []
  for (const each of plain) {
    const summary = digests.get(each.schema)
    if (!summary || each.firstRun || !(await isDone(summary))) others.push(each)
    else upToDate.push(each.schema)
  }
  const { groups, unread } = await groupsOf(session, table, others)
  const absent = schemasOf(seen.filter(({ history }) => history === 'absent'))
  const none: History = { rows: [], absent: true, granted: true, first: true }
  return {
    upToDate,
    groups: absent.length > 0 ? [...groups, { tenants: absent, history: none, firstRun: false }] : groups,
    apart: [...schemasOf(seen.filter(({ history }) => history === 'other')), ...unread],
  }
}

function schemasOf(seen: readonly Seen[]): string[] {
  return seen.map(({ schema }) => schema)
}

/** Whether a history that comes to this has all that `lotse up` would apply. A folder is read at most once, and each digest judged once. */
function doneBy(contents: Contents): (summary: { amount: number; digest: string }) => Promise<boolean> {
  const known = new Map<string, boolean>()
  return async ({ amount, digest }) => {
    const found = known.get(digest)
    if (found !== undefined) return found
    const done = (await contents.comesTo(digest)) || isDoneForUp(await contents.migrations(), amount, digest)
    known.set(digest, done)
    return done
  }
}

/** Whether only what waits for `lotse finish` is left. */
function isDoneForUp(folder: readonly Migration[], amount: number, digest: string): boolean {
  return folder.some(isDeferred) && digestOf(leftToFinish(folder, amount).applied) === digest
}

async function groupsOf(
  session: Session,
  table: string,
  seen: readonly Seen[],
): Promise<{ readonly groups: readonly Group[]; readonly unread: readonly string[] }> {
  if (seen.length === 0) return { groups: [], unread: [] }
  const shapes = await readShapes(session, table, schemasOf(seen))
  const together = new Map<string, Seen[]>()
  const unread: string[] = []
  for (const each of seen) {
    const shape = shapes.get(each.schema)?.shape
    const key = `${shape} ${each.firstRun ?? ''}`
    if (shape === undefined) unread.push(each.schema)
    else if (!together.get(key)?.push(each)) together.set(key, [each])
  }
  const groups: Group[] = []
  for (const group of together.values()) {
    const [{ schema, firstRun }] = group as [Seen, ...Seen[]]
    const history = await readHistory(session, historyTable({ schema, table }))
    groups.push({ tenants: schemasOf(group), history, firstRun: firstRun !== undefined })
  }
  return { groups, unread }
}
