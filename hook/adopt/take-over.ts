import type { AdoptFrom } from '../config/adopt-from.ts'
import type { Config, Tolerance } from '../config/config.ts'
import { openHistory, readHistory, readToWrite } from '../database/history.ts'
import type { HistoryTable } from '../database/lock.ts'
import { letOriginsBeTools, takeOver } from '../database/record.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import type { Problem, Taken } from './match.ts'
import { matchRows } from './recorded-rows.ts'
import type { Source } from './tool.ts'
import { withToolLock } from './tool-lock.ts'
import { sourceOf } from './which-history.ts'

/** What was taken over, or would be. */
export type Adoption = {
  /** As the tool's users write it. */
  readonly tool: string
  readonly table: string
  /** In the order of applying; without what the history has already. */
  readonly taken: readonly Taken[]
  /** What the table calls migrations of which the folder has no file, and which are left out. */
  readonly left: readonly string[]
}

/**
 * Records as applied what another tool has applied, with its origin, and when and by whom where the tool knows. Reads the tool's
 * table and leaves it as it is. Only called under the run lock; writes in one transaction. Returns undefined where there is no table to take over.
 * Throws PlanRefused, with each row, when a row failed, has no file, or its file was edited, and when the tool is at work.
 */
export async function adoptHistory(
  { session, table, config, emit }: { session: Session; table: HistoryTable; config: Config; emit: Emit },
  folder: readonly Migration[],
  from: AdoptFrom,
  dryRun = false,
): Promise<Adoption | undefined> {
  const source = await sourceOf(session, config, from, folder)
  if (!source) return undefined
  return withToolLock(session, source, async () => {
    const { taken, problems } = await matchRows(session, source, folder)
    const refused = problems.filter(({ kind }) => kind === 'failed' || !config.allow.includes(kind satisfies Tolerance))
    if (refused.length > 0) throw notAdoptable(source, refused)
    const seen = dryRun ? await readHistory(session, table) : await readToWrite(session, table, 'apply')
    const known = new Set(seen.rows.map(({ name }) => name))
    const { schema, table: name } = source.history
    const adoption = {
      tool: source.tool.known.tool,
      table: `${schema}.${name}`,
      taken: taken.filter(({ migration }) => !known.has(migration.name)),
      left: problems.flatMap((problem) => (problem.kind === 'missing' ? [problem.key] : [])),
    }
    if (dryRun || adoption.taken.length === 0) return adoption
    await openHistory(session, table, emit)
    await record(session, table, source, adoption.taken)
    const names = adoption.taken.map(({ migration }) => migration.name)
    emit({ event: 'history.adopted', tool: adoption.tool, table: adoption.table, names, left: adoption.left })
    return adoption
  })
}

async function record(session: Session, table: HistoryTable, { tool }: Source, taken: readonly Taken[]): Promise<void> {
  await letOriginsBeTools(session, table)
  const origin = tool.known.from ?? tool.known.tool
  const inserts = taken.map(({ migration, row, checksum }) =>
    takeOver(session, table, { ...migration, checksum }, { origin, at: row.appliedAt, by: row.appliedBy }),
  )
  await session.queries(['begin', ...inserts, 'commit'].join(';\n'))
}

/** More would not fit into a termination message. */
const shown = 20

function notAdoptable({ history, tool: { known } }: Source, problems: readonly Problem[]): Failure {
  const lines = problems.map((problem) => `- ${explain(problem, known.tool)}`)
  const more = lines.length > shown ? [`- and ${lines.length - shown} more`] : []
  return new Failure('PlanRefused', {
    summary: `cannot take over what ${known.tool} has recorded in ${history.schema}.${history.table} (${problems.length} problem${problems.length === 1 ? '' : 's'})`,
    details: [...lines.slice(0, shown), ...more],
    state: ['Nothing was changed.'],
    remedy: { kind: 'runAgain', after: 'fix each problem listed above' },
  })
}

function explain(problem: Problem, tool: string): string {
  switch (problem.kind) {
    case 'failed':
      return `${problem.key}: ${tool} began it and has not recorded that it ended well: see what it left, finish or undo it, and mend the row with ${tool}`
    case 'missing':
      return `${problem.key} was applied but the folder has no file of it: restore the file (or --allow missing, which leaves the row out)`
    case 'edited':
      return `${problem.file} was edited after ${tool} had applied it: restore the applied text (or --allow edited)`
  }
}
