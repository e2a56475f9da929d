import { assertRunnable } from '../apply/refused-statements.ts'
import { downWork, type Run, scriptDownWork, type Work } from '../apply/work.ts'
import type { Target } from '../cli/invocation.ts'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { readDowns, readToWrite, type StoredDown } from '../database/history.ts'
import { type HistoryTable, historyTable, lockBudget, withLock } from '../database/lock.ts'
import { prepareSession } from '../database/prepare.ts'
import { withSessions } from '../database/reconnect.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import { checksum } from '../migration/checksum.ts'
import { isSameButForMore } from '../migration/conditions.ts'
import type { Migration } from '../migration/migration.ts'
import { nameOf } from '../migration/name.ts'
import { piecesOf } from '../sql/split.ts'
import type { Context } from './context.ts'

/**
 * Reverts the migrations applied after a named one, or all of them, newest first, with the SQL that the history holds: an image
 * without the files can do it too. A script is reverted by the `down` of its file. Returns the names reverted.
 * Throws PlanRefused before anything runs when one of them cannot be reverted.
 */
export async function down({ config, signal, emit, progress, env }: Context, to: Target): Promise<readonly string[]> {
  const deadline = performance.now() + config.budget.run
  const table = historyTable(config.history)
  // Decided once: after a lost connection the rest of the same list is reverted, whatever was applied meanwhile.
  let planned: readonly string[] | undefined
  await withSessions(config, signal, emit, async (session) => {
    await prepareSession(session, config, emit)
    await withLock(session, table, lockBudget(config, deadline), emit, async () => {
      const { rows } = await readToWrite(session, table, 'revert')
      const stored = rows.length > 0 ? await readDowns(session, table) : []
      const scripts = stored.some((row) => row.down_sql === null) ? await scriptsOf(config, env) : []
      planned ??= toRevert(stored, scripts, to)
      const run = { config, session, table, emit, deadline, progress }
      if (planned.length > 0) await refuseHalfDone(session, table)
      const works = stored.filter((row) => planned?.includes(row.name)).map((row) => workOf(run, row, scripts))
      if (works.length === 0) return
      await assertRunnable(
        works.map((work) => work.migration),
        'down',
      )
      const { apply } = await import('../apply/apply.ts')
      await apply(run, works)
      tellDiverged(stored, progress.done, emit)
    })
  })
  return [...progress.done]
}

/** A backfill that is half done would go on later with rows that the revert has changed. */
async function refuseHalfDone(session: Session, table: HistoryTable): Promise<void> {
  const { readBackfills } = await import('../database/backfills.ts')
  const [half] = await readBackfills(session, table)
  if (!half) return
  throw new Failure('PlanRefused', {
    summary: `the backfill ${half.name} has begun and is not done, and a revert may undo what it did`,
    state: ['Nothing was changed.'],
    remedy: `let lotse finish complete it; or take it for done (lotse repair applied ${half.name}), then revert`,
  })
}

/** What was taken over from another tool is still applied by that tool's own table, which Lotse never writes. */
function tellDiverged(stored: readonly StoredDown[], reverted: ReadonlySet<string>, emit: Emit): void {
  const adopted = stored.filter(({ name, adoptedFrom }) => adoptedFrom && reverted.has(name))
  for (const [tool, rows] of Map.groupBy(adopted, (row) => row.adoptedFrom ?? ''))
    emit({ event: 'history.diverged', tool, names: rows.map(({ name }) => name) })
}

/** The folder's scripts; none where there is no folder, since the history may hold all that is needed. */
async function scriptsOf(config: Config, env: Env): Promise<readonly Migration[]> {
  try {
    return (await readMigrations(config, env)).filter((migration) => migration.kind === 'script')
  } catch {
    return []
  }
}

function workOf(run: Run, { name, down_sql }: StoredDown, scripts: readonly Migration[]): Work {
  const script = scripts.find((each) => each.name === name)
  return down_sql === null && script ? scriptDownWork(run, script) : downWork(run, name, down_sql ?? '')
}

/** Names to revert, newest first; `stored` is in that order. */
function toRevert(stored: readonly StoredDown[], scripts: readonly Migration[], to: Target): readonly string[] {
  const kept = to.kind === 'all' ? undefined : nameOf(to.name)
  const index = kept === undefined ? stored.length : stored.findIndex((row) => row.name === kept)
  if (kept !== undefined && index < 0) throw unknown(kept, stored)
  const rows = stored.slice(0, index).filter((row) => !row.repeatable)
  const problems = rows.flatMap((row) => problemOf(row, scripts) ?? [])
  if (problems.length === 0) return rows.map((row) => row.name)
  throw new Failure('PlanRefused', {
    summary: `${problems.length} of the ${rows.length} migrations${kept === undefined ? '' : ` after ${kept}`} cannot be reverted`,
    details: problems.map((problem) => `- ${problem}`),
    state: ['Nothing was changed.'],
    remedy: 'write a new migration that undoes them, then run lotse up',
  })
}

function problemOf(row: StoredDown, scripts: readonly Migration[]): string | undefined {
  const { name, down_sql, down_checksum } = row
  if (down_sql !== null) {
    if (piecesOf(down_sql).length === 0)
      return `${name}: its down file contains only comments; write its SQL (select 1 if there is nothing to revert) and accept it with lotse repair accept ${name}`
    return checksum(down_sql) === down_checksum
      ? undefined
      : `${name}: the SQL that reverts it was changed in the history: its checksum does not match`
  }
  const script = scripts.find((each) => each.name === name)
  if (!script) return `${name} has no ${name}.down.sql, so Lotse does not know how to revert it`
  return isSameButForMore(row.checksum, script.checksum)
    ? undefined
    : `${script.file} was edited after it was applied, so its down may not match what was applied`
}

function unknown(to: string, stored: readonly StoredDown[]): Failure {
  const newest = stored.slice(0, 5).map((row) => row.name)
  return new Failure('PlanRefused', {
    summary: `${to} is not in the history`,
    details: newest.length > 0 ? [`The newest there are ${newest.join(', ')}.`] : ['The history is empty.'],
    state: ['Nothing was changed.'],
    remedy: 'use a name that lotse status shows',
  })
}
