import type { RangeVar } from '@pgsql/types'
import { codeOf, isSqlError, messageOf } from '../../database/errors.ts'
import type { Session } from '../../database/session.ts'
import type { Unjudged } from '../../migration/finding.ts'
import { withoutQuotedSecrets } from '../../sql/mask.ts'
import { locate } from '../../sql/place.ts'
import { written } from '../rules/alterations.ts'
import { type Facts, shownName } from '../rules/facts.ts'
import { type Answer, answerOf, type Row } from './answers.ts'
import { type Before, nothingBefore, prevents, withChange } from './before.ts'
import type { Demand } from './demand.ts'
import { isFree } from './demands.ts'
import { onColumns } from './domains.ts'
import { type Given, inOrder, type Step } from './in-order.ts'
import { type Asked, questionOf } from './questions.ts'
import { look, type Relation, readRelations, readWriters } from './relations.ts'

/** Rows that a pending statement will fail on, each with the statement. */
export type Preflight = {
  readonly answers: readonly (Answer & Pick<Step, 'given' | 'part'> & { readonly at: number | undefined })[]
  readonly unjudged: readonly Unjudged[]
}

/** All questions together may take so many times what one of them may. */
const together = 6

/**
 * Asks, before anything runs, whether the rows that are there allow what pending statements demand of them. Each question is a query
 * of its own in a read-only transaction, which takes ACCESS SHARE alone and does not wait for a lock. `limit`, in milliseconds, is
 * what one of them may take. What cannot be asked is unjudged; only a row that was found is an answer. Throws where the session is lost.
 */
export async function preflight(
  session: Session,
  all: readonly Given[],
  facts: Facts,
  limit: number,
): Promise<Preflight> {
  const steps = await inOrder(all)
  const deadline = performance.now() + limit * together
  const names = new Map<Step, readonly (Relation | undefined)[]>()
  for (const group of bySettings(steps)) {
    const asked = group.flatMap((step) => namesOf(step))
    const found = [...(await readRelations(session, asked, group[0]?.settings ?? [], limit))]
    for (const step of group) names.set(step, found.splice(0, namesOf(step).length))
  }
  const calls = steps.flatMap((step) => ('change' in step && step.change.kind === 'calls' ? step.change.names : []))
  const writers = await readWriters(session, [...new Set(calls)], limit)

  const answers: Preflight['answers'][number][] = []
  const unjudged: Unjudged[] = []
  const said = new Set<string>()
  let before: Before = nothingBefore(facts, writers)
  for (const step of steps) {
    const [relation, target] = names.get(step) ?? []
    if ('change' in step) before = withChange(before, step.change, relation, step.place)
    else {
      const { asks } = step.demand
      if (asks.kind === 'domain') {
        const demands = await onColumns(session, step.demand, asks, step.settings, limit)
        const tables = await readRelations(
          session,
          demands.map(({ relation: each }) => each),
          step.settings,
          limit,
        )
        for (const [index, demand] of demands.entries()) await judge(step, demand, tables[index], undefined)
        continue
      }
      for (const demand of whole(step.demand, relation)) await judge(step, demand, relation, target)
      before = withValidated(before, step.demand, relation)
    }
  }
  return { answers, unjudged }

  async function judge(
    step: Step,
    demand: Demand,
    relation: Relation | undefined,
    given: Relation | undefined,
  ): Promise<void> {
    const { asks } = demand
    const file = step.given.migration.file
    const line = locate(step.given.migration.text, step.part?.offset ?? 0).line
    const leave = (why: string, remedy?: string): void => {
      unjudged.push({ file, line, why, ...(remedy ? { remedy } : {}) })
    }
    const isKey = asks.kind === 'foreignKey'
    let target = given
    if (isKey && !target) [target] = await readRelations(session, [asks.target], step.settings, limit).catch(() => [])
    // What is not there is made by the run itself, or the statement fails by itself.
    if (!relation || (isKey && !target) || asks.kind === 'validate' || asks.kind === 'domain' || !isTable(relation))
      return
    const shown = shownName(facts.schema, `${relation.schema}.${relation.name}`)
    const hindrance = prevents(before, demand, relation, target)
    if (hindrance === 'silent') return
    if (hindrance) return leave(`whether the rows of ${shown} allow this is not known: ${hindrance}`)
    if (asks.kind === 'unjudged') return leave(`whether the rows of ${shown} allow this is not known: ${asks.why}`)
    for (const each of target ? [relation, target] : [relation]) {
      const name = shownName(facts.schema, `${each.schema}.${each.name}`)
      if (each.filtered)
        return leave(
          `row level security hides rows of ${name} from ${each.role}, so whether they allow this is not known`,
        )
      if (!each.readable) {
        const grant = `grant select on ${written({ schemaname: each.schema, relname: each.name })} to ${each.role}`
        if (said.has(grant)) return
        said.add(grant)
        return leave(`${each.role} may not read ${name}, so whether its rows allow this is not known`, grant)
      }
    }
    const left = Math.min(limit, deadline - performance.now())
    const more = 'LOTSE_CHECK_TIMEOUT gives it more time'
    if (left < 1) return leave(`the time for looking at rows was over before ${shown} was looked at`, more)
    const question = questionOf(asks as Asked, demand.columns, relation, demand.only, target)
    try {
      const rows = await look<Row>(session, question.sql, step.settings, left)
      const to = target ? shownName(facts.schema, `${target.schema}.${target.name}`) : ''
      const answer = answerOf(asks as Asked, demand, relation, shown, to, rows, question)
      if (answer) answers.push({ ...answer, given: step.given, part: step.part, at: demand.at })
    } catch (error) {
      if (!isSqlError(error) || session.lostBy(error) || session.signal.aborted) throw error
      const why = (what: string): string => `whether the rows of ${shown} allow this is not known: ${what}`
      switch (codeOf(error)) {
        case '57014':
          return leave(why(`looking at them took longer than ${Math.round(left / 100) / 10} s`), more)
        case '55P03':
          return leave(why('somebody holds a lock on it'))
        default:
          // Of class 22 and 23 the message tells values.
          return leave(
            why(
              `the server says ${/^2[23]/.test(codeOf(error)) ? codeOf(error) : withoutQuotedSecrets(messageOf(error))}`,
            ),
          )
      }
    }
  }
}

/** What the catalogue's constraint proves once it is validated. */
function withValidated(before: Before, { asks }: Demand, relation: Relation | undefined): Before {
  if (asks.kind !== 'validate' || !relation) return before
  const constraints = before.facts.tables.get(`${relation.schema}.${relation.name}`)?.constraints ?? []
  const columns = constraints.find(({ name }) => name === asks.name)?.proves ?? []
  const change = { kind: 'proves', relation: { relname: relation.name }, columns } as const
  return withChange(before, change, relation, '')
}

function isTable({ kind }: Relation): boolean {
  return kind === 'r' || kind === 'p'
}

/** The tables that a step speaks of: its own, then the one that a foreign key refers to. */
function namesOf(step: Step): readonly RangeVar[] {
  if ('change' in step) return 'relation' in step.change ? [step.change.relation] : []
  const { relation, asks } = step.demand
  if (asks.kind === 'domain') return []
  return asks.kind === 'foreignKey' ? [relation, asks.target] : [relation]
}

/** Steps whose names are looked up under the same settings. */
function bySettings(steps: readonly Step[]): readonly (readonly Step[])[] {
  const groups = new Map<string, Step[]>()
  for (const step of steps) {
    const key = step.settings.join(';\n')
    const group = groups.get(key)
    if (group) group.push(step)
    else groups.set(key, [step])
  }
  return [...groups.values()]
}

/** A demand as it is asked: what validates a constraint, by the catalogue; a conversion that cannot fail, not at all. */
function whole(demand: Demand, relation: Relation | undefined): readonly Demand[] {
  const { asks } = demand
  if (asks.kind === 'cast' && asks.limit === undefined) {
    const type = relation?.columns.find(({ name }) => name === asks.column)?.type
    return asks.value === `"${asks.column}"` && type && isFree(type, asks.plain) ? [] : [demand]
  }
  if (asks.kind !== 'validate') return [demand]
  const constraint = relation?.unproven.find(({ name }) => name === asks.name)
  if (!constraint) return []
  const { type, columns, expression, target, targetColumns, full } = constraint
  const base = { ...demand, columns }
  if (type === 'c' && expression !== null) return [{ ...base, asks: { kind: 'check', expression, name: asks.name } }]
  if (type === 'n') return columns.map((column) => ({ ...base, asks: { kind: 'notNull', column } }))
  if (type === 'f' && target) {
    const referred = { schemaname: target.schema, relname: target.name }
    return [{ ...base, only: true, asks: { kind: 'foreignKey', target: referred, targetColumns, full } }]
  }
  return []
}
