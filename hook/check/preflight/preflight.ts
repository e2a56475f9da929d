import type { RangeVar } from '@pgsql/types'
import type { AskingSession } from '../../database/session.ts'
import type { Unjudged } from '../../migration/finding.ts'
import { locate } from '../../sql/place.ts'
import { written } from '../rules/alterations.ts'
import { type Facts, shownName } from '../rules/facts.ts'
import { type Answer, answerOf, type Row, unanswered } from './answers.ts'
import { type Asking, askAll, type Reply } from './ask.ts'
import { type Before, nothingBefore, prevents, withChange } from './before.ts'
import type { Asks, Demand, Question } from './demand.ts'
import { onColumns } from './domains.ts'
import { type Given, inOrder, type Step } from './in-order.ts'
import { type Asked, questionOf } from './questions.ts'
import { type Relation, readRelations, readWriters } from './relations.ts'
import { whole, withValidated } from './stored-constraints.ts'

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
  session: AskingSession,
  all: readonly Given[],
  facts: Facts,
  limit: number,
): Promise<Preflight> {
  const steps = await inOrder(all)
  const deadline = performance.now() + limit * together
  const names = new Map<Step, readonly (Relation | undefined)[]>()
  for (const group of bySettings(steps)) {
    const distinct = new Map(group.flatMap((step) => namesOf(step).map((name) => [keyOf(name), name])))
    const found = await readRelations(session, [...distinct.values()], group[0]?.settings ?? [], limit)
    const byName = new Map([...distinct.keys()].map((key, index) => [key, found[index]]))
    for (const step of group)
      names.set(
        step,
        namesOf(step).map((name) => byName.get(keyOf(name))),
      )
  }
  const calls = steps.flatMap((step) => ('change' in step && step.change.kind === 'calls' ? step.change.names : []))
  const writers = await readWriters(session, [...new Set(calls)], limit)

  const answers: Preflight['answers'][number][] = []
  const unjudged: Unjudged[] = []
  const asked: Pending[] = []
  const said = new Set<string>()
  let before: Before = nothingBefore(facts, writers)
  // Where phases are mixed, files run in another order than that of their names: whatever changes rows may come first.
  const mixed = new Set(all.map(({ migration }) => migration.directives.phase)).size > 1
  for (const step of mixed ? steps : [])
    if ('change' in step && step.change.kind !== 'proves')
      before = withChange(before, step.change, names.get(step)?.[0], step.place)
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
        for (const [index, demand] of demands.entries()) await prepare(step, demand, tables[index], undefined)
        continue
      }
      for (const demand of whole(step.demand, relation, facts)) await prepare(step, demand, relation, target)
      before = withValidated(before, step.demand, relation)
    }
  }
  const replies = await askAll<Row>(session, asked, limit, deadline)
  for (const [index, each] of asked.entries()) judge(each, replies[index] ?? { kind: 'late' })
  return { answers, unjudged }

  async function prepare(
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
    if (!relation || (isKey && !target) || isUnresolved(asks) || !isTable(relation)) return
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
    const question = questionOf(asks as Asked, demand.columns, relation, demand.only, target)
    const small = asks.kind !== 'cast' && [relation, ...(target ? [target] : [])].every((each) => isSmall(facts, each))
    asked.push({
      step,
      demand,
      relation,
      target,
      shown,
      question,
      leave,
      sql: question.sql,
      settings: step.settings,
      small,
    })
  }

  function judge({ step, demand, relation, target, shown, question, leave }: Pending, reply: Reply<Row>): void {
    if (reply.kind !== 'rows') {
      const { why, remedy } = unanswered(reply, shown)
      leave(why, remedy)
      return
    }
    const to = target ? shownName(facts.schema, `${target.schema}.${target.name}`) : ''
    const answer = answerOf(demand.asks as Asked, demand, relation, shown, to, reply.rows, question)
    if (answer) answers.push({ ...answer, given: step.given, part: step.part, at: demand.at })
  }
}

type Pending = Asking & {
  readonly step: Step
  readonly demand: Demand
  readonly relation: Relation
  readonly target: Relation | undefined
  readonly shown: string
  readonly question: Question
  readonly leave: (why: string, remedy?: string) => void
}

/** Whether what is demanded is told only by what the catalogue has not got. */
function isUnresolved({ kind }: Asks): boolean {
  return kind === 'validate' || kind === 'usingIndex' || kind === 'domain'
}

/** Bytes below which a question is over before anybody notices. */
const little = 1_000_000

function isSmall({ tables }: Facts, { schema, name }: Relation): boolean {
  const bytes = tables.get(`${schema}.${name}`)?.bytes
  return bytes !== undefined && bytes < little
}

function keyOf({ schemaname, relname }: RangeVar): string {
  return JSON.stringify([schemaname, relname])
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
