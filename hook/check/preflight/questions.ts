import { identifier, literal } from '../../sql/quote.ts'
import { conversionQuestion } from './conversion.ts'
import type { Asks, Question } from './demand.ts'
import { isSecretive, type Relation } from './relations.ts'

/** How many rows are named; one more is asked for, to know whether there are others. */
export const namedRows = 3

export type Asked = Exclude<Asks, { kind: 'validate' | 'usingIndex' | 'domain' | 'unjudged' }>

/**
 * The query whose rows name those that do not meet a demand, by their keys: `key` is a JSON list of texts. Where a table has no key,
 * `amount` says how many there are. It reads, and locks nothing but in ACCESS SHARE.
 */
export function questionOf(
  asks: Asked,
  columns: readonly string[],
  relation: Relation,
  only: boolean,
  target?: Relation,
): Question {
  const table = from(relation, only)
  const name = (column: string): string => identifier([column])
  switch (asks.kind) {
    case 'noRow':
      return {
        sql: `select ${keyOf(relation)} from ${table} limit ${namedRows + 1}`,
        list: `select count(*) from ${table}`,
      }
    case 'notNull':
      return where(relation, table, `${name(asks.column)} is null`)
    case 'check':
      return where(relation, table, `not (${asks.expression}\n)`)
    case 'foreignKey':
      return where(relation, `${table} as lotse_child`, orphaned(asks, columns, target as Relation), 'lotse_child')
    case 'unique':
      return twice(asks, relation, table)
    case 'exclude':
      return excluding(asks, columns, relation, table)
    case 'cast':
      return conversionQuestion(asks, relation, table, keyOf(relation))
  }
}

/** A table in a FROM. The partitions of a partitioned table are its rows. */
export function from({ schema, name, kind }: Relation, only: boolean): string {
  return `${only && kind !== 'p' ? 'only ' : ''}${identifier([schema, name])}`
}

/** The key of a row as a JSON list of texts; without one, how many rows there are. */
function keyOf({ key, name }: Relation, alias = name): string {
  return key.length > 0
    ? `json_build_array(${key.map((each) => `${identifier([alias, each])}::text`).join(', ')}) as key`
    : 'null as key'
}

function amountOr(relation: Relation, alias?: string): { readonly select: string; readonly limit: string } {
  return relation.key.length > 0
    ? { select: keyOf(relation, alias), limit: ` limit ${namedRows + 1}` }
    : { select: 'count(*)::float8 as amount', limit: '' }
}

function where(relation: Relation, table: string, condition: string, alias?: string): Question {
  const { select, limit } = amountOr(relation, alias)
  return {
    sql: `select ${select} from ${table} where ${condition}${limit}`,
    list: `select * from ${table} where ${condition}`,
  }
}

/** Rows that refer to no row: with MATCH FULL also those that are null in some columns and not in all (PostgreSQL docs, CREATE TABLE). */
function orphaned(
  { targetColumns, full }: Extract<Asks, { kind: 'foreignKey' }>,
  columns: readonly string[],
  target: Relation,
): string {
  const referred = targetColumns.length > 0 ? targetColumns : target.primaryKey
  const own = columns.map((column) => identifier(['lotse_child', column]))
  const pairs = own.map((column, index) => `${identifier(['lotse_parent', referred[index] ?? ''])} = ${column}`)
  const all = own.map((column) => `${column} is not null`).join(' and ')
  const missing = `${all} and not exists (select from ${from(target, true)} as lotse_parent where ${pairs.join(' and ')})`
  const some = `num_nonnulls(${own.join(', ')}) between 1 and ${own.length - 1}`
  return full && own.length > 1 ? `(${some} or ${missing})` : missing
}

/** Rows that have the same values, by the equality and the collation that the index will have. */
function twice(
  { parts, where: of, nullsEqual, primary, unlessThere }: Extract<Asks, { kind: 'unique' }>,
  relation: Relation,
  table: string,
): Question {
  const filter = [
    ...(nullsEqual ? [] : parts.map((part) => `(${part}) is not null`)),
    ...(of ? [`(${of}\n)`] : []),
    ...(unlessThere ? [`to_regclass(${literal(identifier([relation.schema, unlessThere]))}) is null`] : []),
  ]
  const those = filter.length > 0 ? ` where ${filter.join(' and ')}` : ''
  const numbers = parts.map((_, index) => index + 1)
  const values = parts.map((part, index) => `${part} as lotse_${index + 1}`)
  const same = parts.map((part, index) =>
    nullsEqual ? `(${part}) is not distinct from lotse_${index + 1}` : `(${part}) = lotse_${index + 1}`,
  )
  const groups = `${table}${those} group by`
  // What is to be the primary key is one already, to people.
  const keyed = primary ? { ...relation, key: [] } : relation
  const { select, limit } = amountOr(keyed)
  const value =
    primary && !isSecretive(parts)
      ? `, json_build_array(${numbers.map((number) => `min(lotse_${number}::text)`).join(', ')}) as value`
      : ''
  return {
    sql: `with lotse_twice as materialized (select ${values.join(', ')} from ${groups} ${numbers.join(', ')} having count(*) > 1 limit 1)
select ${select}${value} from ${table}, lotse_twice where ${[...same, ...(of ? [`(${of}\n)`] : [])].join(' and ')}${limit}`,
    list: `select ${parts.join(', ')}, count(*) from ${groups} ${numbers.join(', ')} having count(*) > 1`,
  }
}

/**
 * Rows that exclude each other. With && on a range: sorted by it, a range that overlaps any later one overlaps the next, since that
 * begins between the two.
 */
function excluding(
  { operators, where: of }: Extract<Asks, { kind: 'exclude' }>,
  columns: readonly string[],
  relation: Relation,
  table: string,
): Question {
  const own = operators.map((_, index) => identifier([columns[index] ?? '']))
  const equal = own.filter((_, index) => operators[index] === '=')
  const range = own.find((_, index) => operators[index] === '&&')
  if (!range)
    return twice({ kind: 'unique', parts: equal, where: of, nullsEqual: false, primary: false }, relation, table)
  const those = [...own.map((each) => `${each} is not null`), ...(of ? [`(${of}\n)`] : [])].join(' and ')
  const window = `(${equal.length > 0 ? `partition by ${equal.join(', ')} ` : ''}order by ${range})`
  const { name, key } = relation
  const keys = key.map((each) => `${identifier([name, each])}::text`).join(', ')
  const pair = key.length > 0 ? `json_build_array(${keys})` : 'null::json'
  const both = `select ${pair} as one, lag(${pair}) over lotse_window as other, coalesce(${range} && lag(${range}) over lotse_window, false) as lotse_bad from ${table} where ${those} window lotse_window as ${window}`
  const sql =
    key.length > 0
      ? `with lotse_pair as (select one, other from (${both}) as lotse_rows where lotse_bad limit 1) select other as key from lotse_pair union all select one from lotse_pair`
      : `select count(*)::float8 as amount from (${both}) as lotse_rows where lotse_bad`
  return {
    sql,
    list: `select * from (select *, lag(${range}) over ${window} as before from ${table} where ${those}) as pairs where ${range} && before`,
  }
}
