import type { Constraint } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'
import { identifier } from '../../sql/quote.ts'
import { type Alteration, strings } from '../rules/alterations.ts'
import type { Demand, Source } from './demand.ts'
import { callsIn, columnsIn } from './expressions.ts'
import { groupAfter } from './statement-text.ts'

/** What a constraint demands when it is added, or validated later. */
export function ofConstraint(source: Source, { relation }: Alteration, constraint: Constraint): readonly Demand[] {
  const { contype, location: at, keys, fk_attrs: from, pk_attrs: to } = constraint
  const only = relation.inh !== true
  const base = { relation, only, at, calls: [] }
  const unjudged = (why: string): Demand[] => [{ ...base, columns: [], asks: { kind: 'unjudged', why } }]
  switch (contype) {
    case 'CONSTR_NOTNULL':
      return strings(keys).map((column) => ({ ...base, columns: [column], asks: { kind: 'notNull', column } }))
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY': {
      if (constraint.without_overlaps) return unjudged('WITHOUT OVERLAPS is not looked for among the rows')
      const columns = strings(keys)
      const primary = contype === 'CONSTR_PRIMARY'
      const nullsEqual = constraint.nulls_not_distinct === true
      const unique = {
        kind: 'unique',
        parts: columns.map((each) => identifier([each])),
        where: undefined,
        nullsEqual,
        primary,
      } as const
      const nulls = primary
        ? columns.map((column): Demand => ({ ...base, columns: [column], asks: { kind: 'notNull', column } }))
        : []
      if (!constraint.indexname) return [...nulls, { ...base, only: true, columns, asks: unique }]
      return primary ? [{ ...base, columns: [], asks: { kind: 'usingIndex', index: constraint.indexname } }] : []
    }
    case 'CONSTR_FOREIGN': {
      if (constraint.fk_with_period || !constraint.pktable) return unjudged('PERIOD is not looked for among the rows')
      const full = constraint.fk_matchtype === 'f'
      const asks = { kind: 'foreignKey', target: constraint.pktable, targetColumns: strings(to), full } as const
      return [{ ...base, only: true, columns: strings(from), asks }]
    }
    case 'CONSTR_CHECK': {
      const group = groupAfter(source.sql, /\bcheck\b/, source.within(at ?? 0))
      if (!group) return unjudged('its expression was not found in the text')
      const columns = columnsIn(constraint.raw_expr)
      const name = constraint.conname ?? `CHECK (${group.text})`
      const asks = { kind: 'check', expression: group.text, name } as const
      return [
        {
          ...base,
          only: only || constraint.is_no_inherit === true,
          columns,
          calls: callsIn(constraint.raw_expr),
          asks,
        },
      ]
    }
    case 'CONSTR_EXCLUSION':
      return ofExclusion(source, base, constraint)
    default:
      return []
  }
}

type Base = Pick<Demand, 'relation' | 'only' | 'at' | 'calls'>

function ofExclusion({ sql, within }: Source, base: Base, constraint: Constraint): readonly Demand[] {
  const pairs = (constraint.exclusions ?? []).map(({ List: list }: Tree) => {
    const [element, operator]: readonly Tree[] = list?.items ?? []
    return { column: element?.IndexElem?.name, operator: strings(operator?.List?.items).at(-1) ?? '' }
  })
  const columns = pairs.flatMap(({ column }) => column ?? [])
  const operators = pairs.map(({ operator }) => operator)
  if (
    columns.length < pairs.length ||
    !operators.every((each) => each === '=' || each === '&&') ||
    operators.filter((each) => each === '&&').length > 1
  )
    return [
      {
        ...base,
        columns,
        asks: {
          kind: 'unjudged',
          why: 'of EXCLUDE only columns with = and at most one && are looked for among the rows',
        },
      },
    ]
  const elements = groupAfter(sql, /\bexclude\b/, within(constraint.location ?? 0))
  const where = constraint.where_clause && groupAfter(sql, /\bwhere\b/, elements?.end ?? 0)?.text
  const all = [...columns, ...columnsIn(constraint.where_clause)]
  return [
    {
      ...base,
      only: true,
      columns: all,
      calls: callsIn(constraint.where_clause),
      asks: { kind: 'exclude', operators, where },
    },
  ]
}
