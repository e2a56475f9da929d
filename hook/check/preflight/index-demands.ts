import type { IndexElem } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'
import { identifier } from '../../sql/quote.ts'
import { strings } from '../rules/alterations.ts'
import type { Asks, Demand, Source } from './demand.ts'
import { callsIn, columnsIn } from './expressions.ts'
import { after, atCommas, groupAfter, indexExpression } from './statement-text.ts'

/** Operator classes under which two values are equal when they are so by default. */
const ordinary =
  /^(?:(?:text|varchar|bpchar)_pattern|int[248]|text|varchar|bpchar|uuid|timestamp|timestamptz|date|numeric|name|citext|inet|bool)_ops$/

/** What a unique index demands of the rows of its table. */
export function ofIndex({ tree, sql }: Source): readonly Demand[] {
  const {
    relation,
    unique,
    if_not_exists: optional,
    idxname,
    primary,
    indexParams = [],
    whereClause,
    nulls_not_distinct: nullsEqual = false,
  } = tree.IndexStmt ?? {}
  // ONLY: the index of a partitioned table without those of its partitions.
  if (!unique || !relation || relation.inh !== true) return []
  const group = groupAfter(sql, /\bon\b/)
  const texts = atCommas(group?.text ?? '')
  const elements = indexParams.flatMap(({ IndexElem: element }: Tree) => element ?? [])
  const parts = elements.map((element, index) => partOf(element, texts[index] ?? ''))
  const where = whereClause && after(sql, /\bwhere\b/i, group?.end ?? 0)
  const columns = [...elements.flatMap((each) => each.name ?? columnsIn(each.expr)), ...columnsIn(whereClause)]
  const calls = [...elements.flatMap((each) => callsIn(each.expr)), ...callsIn(whereClause)]
  const known = parts.every((part) => part !== undefined) && texts.length === elements.length
  const asks: Asks = known
    ? {
        kind: 'unique',
        parts: parts as string[],
        where: where || undefined,
        nullsEqual,
        primary: primary === true,
        ...(optional && idxname ? { unlessThere: idxname } : {}),
      }
    : { kind: 'unjudged', why: 'its expression or operator class is not looked for among the rows' }
  return [{ relation, only: true, columns, calls, asks }]
}

/** An element of an index as SQL whose values are compared; undefined for an operator class with an equality of its own. */
function partOf({ name, collation, opclass }: IndexElem, text: string): string | undefined {
  if (opclass && !ordinary.test(strings(opclass).at(-1) ?? '')) return undefined
  const value = name ? identifier([name]) : indexExpression(text)
  if (!value) return undefined
  return collation ? `(${value}) collate ${identifier(strings(collation))}` : value
}
