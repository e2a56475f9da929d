import type { Facts } from '../rules/facts.ts'
import { type Before, withChange } from './before.ts'
import type { Demand } from './demand.ts'
import { isFree } from './demands.ts'
import type { Relation } from './relations.ts'

/** What a demand comes to by the catalogue: VALIDATE CONSTRAINT names what the table has stored. Pure. */

/** A demand as it is asked: what validates a constraint, by the catalogue; a conversion that cannot fail, not at all. */
export function whole(demand: Demand, relation: Relation | undefined, facts: Facts): readonly Demand[] {
  const { asks } = demand
  if (asks.kind === 'usingIndex') {
    const indexes = facts.tables.get(`${relation?.schema}.${relation?.name}`)?.indexes ?? []
    const columns = indexes.find(({ name }) => name === asks.index)?.columns ?? []
    return columns.map((column) => ({ ...demand, columns: [column], asks: { kind: 'notNull', column } }))
  }
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

/** What the catalogue's constraint proves once it is validated. */
export function withValidated(before: Before, { asks }: Demand, relation: Relation | undefined): Before {
  if (asks.kind !== 'validate' || !relation) return before
  const constraints = before.facts.tables.get(`${relation.schema}.${relation.name}`)?.constraints ?? []
  const columns = constraints.find(({ name }) => name === asks.name)?.proves ?? []
  const change = { kind: 'proves', relation: { relname: relation.name }, columns } as const
  return withChange(before, change, relation, '')
}
