import { isAdoptable } from '../config/adopt-from.ts'
import type { Config } from '../config/config.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Applied, Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/refusal.ts'
import type { Taken } from './match.ts'
import { matchRows } from './recorded-rows.ts'
import { numericKey, type Source } from './tool.ts'
import { sourceOf } from './which-history.ts'

/**
 * What another tool has applied of the pending migrations since its history was taken over: they would run a second time. Tells by an
 * event when the tool has applied what the folder does not know. Asked only when something is pending. None with `--allow other-history`.
 */
export async function appliedSinceAdoption(
  session: Session,
  config: Config,
  folder: readonly Migration[],
  history: readonly Applied[],
  steps: readonly Migration[],
  emit: Emit,
): Promise<Refusal[]> {
  if (config.allow.includes('other-history')) return []
  const names = [...new Set(history.flatMap(({ adoptedFrom }) => adoptedFrom ?? []))].filter(isAdoptable)
  const refusals: Refusal[] = []
  for (const name of names) {
    const source = await sourceOf(session, config, { tool: name, table: undefined }, folder).catch(unlessUnusable)
    if (!source) continue
    const { taken, problems } = await matchRows(session, source, folder)
    const isPending = ({ name }: Migration): boolean => steps.some((step) => step.name === name)
    const pending = taken.filter(({ migration }) => isPending(migration))
    // A row for every version up to its own says nothing new while that one is applied here. What is repeatable may run again.
    const newer = pending.filter(
      ({ migration, row }) => !migration.repeatable && (!row.upTo || pending.some((each) => isOwn(source, each))),
    )
    const table = `${source.history.schema}.${source.history.table}`
    const { tool } = source.tool.known
    for (const { migration } of newer)
      refusals.push({ kind: 'appliedByOther', file: migration.file, tool, from: name, table })
    const unknown = problems.flatMap((problem) => (problem.kind === 'missing' ? [problem.key] : []))
    if (unknown.length > 0) emit({ event: 'history.outgrown', tool, table, unknown })
  }
  return refusals
}

function isOwn({ tool }: Source, { migration, row }: Taken): boolean {
  return numericKey(tool.keyOf(migration)) === numericKey(row.key)
}

/** A table that was granted once and is not any more, or that stands elsewhere, tells nothing. */
function unlessUnusable(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error
}
