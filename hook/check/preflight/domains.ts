import type { RangeVar } from '@pgsql/types'
import type { AskingSession } from '../../database/session.ts'
import { identifier, literal } from '../../sql/quote.ts'
import { relationOf, strings } from '../rules/alterations.ts'
import type { Asks, Demand, Source } from './demand.ts'
import { callsIn } from './expressions.ts'
import { look } from './relations.ts'
import { groupAfter, outlineOf } from './statement-text.ts'

/** What ALTER DOMAIN demands of the rows of every table that has a column of the domain. */
export function ofDomain({ tree, sql, within }: Source): readonly Demand[] {
  const { subtype, typeName, name = '', def } = tree.AlterDomainStmt ?? {}
  const domain = relationOf(strings(typeName))
  const constraint = (def as { Constraint?: NonNullable<Source['tree']['Constraint']> } | undefined)?.Constraint
  const demand = (asks: Omit<Extract<Asks, { kind: 'domain' }>, 'kind' | 'domain'>): Demand[] => [
    {
      relation: domain,
      only: false,
      columns: [],
      calls: callsIn(constraint?.raw_expr),
      at: constraint?.location,
      asks: { kind: 'domain', domain, ...asks },
    },
  ]
  switch (subtype) {
    case 'O':
      return demand({ name: '', expression: undefined, notNull: true })
    case 'V':
      return demand({ name, expression: undefined, notNull: false })
    case 'C': {
      if (!constraint || constraint.skip_validation) return []
      if (constraint.contype === 'CONSTR_NOTNULL') return demand({ name: '', expression: undefined, notNull: true })
      const group = groupAfter(sql, /\bcheck\b/, within(constraint.location ?? 0))
      return group ? demand({ name: constraint.conname ?? '', expression: group.text, notNull: false }) : []
    }
    default:
      return []
  }
}

type Column = {
  readonly schema: string
  readonly table: string
  readonly column: string
  readonly expression: string | null
}

/** The demands of a domain on each table that has a column of it. */
export async function onColumns(
  session: AskingSession,
  demand: Demand,
  { domain, name, expression, notNull }: Extract<Asks, { kind: 'domain' }>,
  settings: readonly string[],
  limit: number,
): Promise<readonly Demand[]> {
  const columns = await look<Column>(session, queryFor(domain, name), settings, limit)
  return columns.flatMap(({ schema, table, column, expression: stored }): Demand[] => {
    const relation = { schemaname: schema, relname: table, inh: true }
    const base = { ...demand, relation, columns: [column] }
    if (notNull) return [{ ...base, asks: { kind: 'notNull', column } }]
    const check = expression ?? stored
    if (!check) return []
    const shown = name || `CHECK (${check})`
    return [{ ...base, asks: { kind: 'check', expression: withColumn(check, column), name: shown } }]
  })
}

function queryFor({ schemaname, relname }: RangeVar, constraint: string): string {
  const named = schemaname
    ? `t.typnamespace = (select oid from pg_namespace where nspname = ${literal(schemaname)})`
    : 'pg_type_is_visible(t.oid)'
  // A partition has the columns of the table that it belongs to.
  return `select n.nspname as schema, c.relname as table, a.attname as column,
    (select pg_get_expr(o.conbin, 0) from pg_constraint o where o.contypid = t.oid and o.contype = 'c' and not o.convalidated
      and o.conname = ${literal(constraint)}) as expression
  from pg_type t join pg_attribute a on a.atttypid = t.oid and not a.attisdropped and a.attnum > 0
  join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and not c.relispartition join pg_namespace n on n.oid = c.relnamespace
  where t.typtype = 'd' and t.typname = ${literal(relname)} and ${named} order by 1, 2, 3`
}

/** A domain's expression about a column: VALUE stands for it. */
function withColumn(expression: string, column: string): string {
  let result = ''
  let at = 0
  for (const { index, 0: word } of outlineOf(expression).matchAll(/\bvalue\b/gi)) {
    result += expression.slice(at, index) + identifier([column])
    at = index + word.length
  }
  return result + expression.slice(at)
}
