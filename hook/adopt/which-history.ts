import type { AdoptFrom } from '../config/adopt-from.ts'
import type { Config } from '../config/config.ts'
import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { planRefused } from '../report/refusal.ts'
import type { OtherHistory } from './known-table.ts'
import { findOtherHistories } from './other-histories.ts'
import type { Source, Tool } from './tool.ts'
import { tools } from './tools.ts'
import { hidden } from './unreadable-table.ts'

/**
 * The history that `from` names, or the one that the database has; undefined where there is none.
 * Throws PlanRefused that lists the choices where there are several, and for a table that the role may not read.
 */
export async function sourceOf(
  session: Session,
  { history: { schema } }: Pick<Config, 'history'>,
  from: AdoptFrom,
  folder: readonly Migration[],
): Promise<Source | undefined> {
  const all = await findOtherHistories(session, schema, wanted(from))
  const [, own] = /^(.+)\.[^.]+$/.exec(from.table ?? '') ?? []
  const near = all.filter((each) => (own === undefined ? each.near : each.schema === own))
  const sources = near.flatMap((history) =>
    history.known.flatMap(({ from: name }) => (name ? [{ history, tool: tools[name] }] : [])),
  )
  // What only looks as if it were of several tools is of the one whose files these are.
  const alike = sources.filter(({ tool }) => folder.some(({ format }) => format === tool.known.from))
  const [source, ...others] = from.tool === 'auto' && alike.length > 0 ? alike : sources
  const doubtful = from.tool === 'auto' && source !== undefined && source.history.known.length > 1 && alike.length === 0
  if (others.length > 0 || doubtful) throw ambiguous(sources)
  if (!source) {
    if (all.length > 0) throw elsewhere(all)
    return undefined
  }
  if (!source.history.readable) throw planRefused([hidden(source.history)])
  return source
}

function wanted({ tool, table }: AdoptFrom): readonly Tool['known'][] {
  if (tool === 'auto') return Object.values(tools).map(({ known }) => known)
  const { known } = tools[tool]
  if (table === undefined) return [known]
  const { schema: _, ...rest } = known
  return [{ ...rest, table: table.replace(/^.*\./, '') }]
}

function ambiguous(sources: readonly Source[]): Failure {
  const choices = sources.map(({ history, tool }) => `--from ${tool.known.from}:${history.schema}.${history.table}`)
  return new Failure('PlanRefused', {
    summary: 'this database does not tell whose history is to be taken over',
    details: sources.map(
      ({ history }) =>
        `- ${history.schema}.${history.table} is a table of ${history.known.map(({ tool }) => tool).join(' or ')}`,
    ),
    state: ['Nothing was changed.'],
    remedy: `name it: ${choices.join(', or ')} (for lotse up, --adopt or LOTSE_ADOPT)`,
  })
}

function elsewhere(histories: readonly OtherHistory[]): Failure {
  const [first] = histories
  const name = `${first?.known[0]?.from}:${first?.schema}.${first?.table}`
  return new Failure('PlanRefused', {
    summary: `${histories.map(({ schema, table }) => `${schema}.${table}`).join(', ')} is outside of the search_path, so it may be another application's`,
    state: ['Nothing was changed.'],
    remedy: `if it is that of these migrations, name the table: --from ${name} (for lotse up, --adopt or LOTSE_ADOPT)`,
  })
}
