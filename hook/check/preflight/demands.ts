import type { Tree } from '../../sql/parse.ts'
import { identifier } from '../../sql/quote.ts'
import { type Alteration, addedColumns, alterationsOf, strings, typeOf } from '../rules/alterations.ts'
import { ofConstraint } from './constraint-demands.ts'
import type { Asks, Demand, Source } from './demand.ts'
import { ofDomain } from './domains.ts'
import { callsIn, columnsIn } from './expressions.ts'
import { ofIndex } from './index-demands.ts'
import { after } from './statement-text.ts'

/** What a statement demands of rows; nothing where it adds a constraint NOT VALID. */
export function demandsOf(source: Source): readonly Demand[] {
  const { tree } = source
  if (tree.IndexStmt) return ofIndex(source)
  if (tree.AlterDomainStmt) return ofDomain(source)
  return alterationsOf(tree).flatMap((each) => ofAlteration(source, each))
}

/** Whether a statement may demand something of rows, for all that is not in a DO block. */
export function demandsOfRows(tree: Tree): boolean {
  return (
    Boolean(tree.IndexStmt?.unique || tree.AlterDomainStmt) ||
    alterationsOf(tree).some(({ kind }) => demanding.has(kind))
  )
}

const demanding = new Set([
  'AT_SetNotNull',
  'AT_AddColumn',
  'AT_AddConstraint',
  'AT_AlterColumnType',
  'AT_ValidateConstraint',
])

function ofAlteration(source: Source, alteration: Alteration): readonly Demand[] {
  const { relation, kind, name, column, constraint } = alteration
  const only = relation.inh !== true
  const at = constraint?.location ?? column?.location
  const demand = (asks: Asks, columns: readonly string[] = [], calls: readonly string[] = []): Demand[] => [
    { relation, only, asks, columns, calls, at },
  ]
  switch (kind) {
    case 'AT_SetNotNull':
      return demand({ kind: 'notNull', column: name }, [name])
    case 'AT_ValidateConstraint':
      return demand({ kind: 'validate', name })
    case 'AT_AddConstraint':
      return constraint && !constraint.skip_validation && constraint.is_enforced !== false
        ? ofConstraint(source, alteration, constraint)
        : []
    case 'AT_AddColumn':
      return needsNoRow(source.tree, column?.colname) ? demand({ kind: 'noRow', column: column?.colname ?? '' }) : []
    case 'AT_AlterColumnType':
      return ofCast(source, alteration).flatMap(({ asks, columns, calls }) => demand(asks, columns, calls))
    default:
      return []
  }
}

/** Whether a new column is NOT NULL and has nothing to fill it. */
function needsNoRow(tree: Tree, name: string | undefined): boolean {
  const added = addedColumns(tree).find((each) => each.name === name)
  const types = added?.constraints.map(({ contype = '' }) => contype) ?? []
  const has = (...wanted: string[]): boolean => wanted.some((each) => types.includes(each))
  const serial = /^(big|small)?serial\d?$/.test(strings(added?.column.typeName?.names).at(-1) ?? '')
  // A domain may have a default of its own.
  const builtIn =
    strings(added?.column.typeName?.names)[0] === 'pg_catalog' || plainTypes.has(typeOf(added?.column.typeName).type)
  return (
    has('CONSTR_NOTNULL', 'CONSTR_PRIMARY') &&
    !has('CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED') &&
    !serial &&
    builtIn
  )
}

const plainTypes = new Set(['text', 'uuid', 'date', 'json', 'jsonb', 'bytea', 'inet', 'cidr', 'timestamptz'])

/** Changes of a type that no value prevents. */
const free = new Set(['varchar text', 'bpchar text', 'int2 int4', 'int2 int8', 'int4 int8'])

function ofCast(
  { sql, within }: Source,
  { name, column }: Alteration,
): readonly Pick<Demand, 'asks' | 'columns' | 'calls'>[] {
  const start = within(column?.typeName?.location ?? 0)
  const type = after(sql.slice(start), /^/, 0, /\b(?:collate|using)\b/i)
  const using = column?.raw_default ? after(sql, /\busing\b/i, start) : undefined
  const { type: plain, modifiers } = typeOf(column?.typeName)
  const columns = [name, ...columnsIn(column?.raw_default)]
  const calls = callsIn(column?.raw_default)
  if (!type || (column?.raw_default && !using) || /^_?(?:var)?bit$/.test(plain))
    return [{ asks: { kind: 'unjudged', why: 'its conversion is not tried with the rows' }, columns, calls }]
  const value = using ?? identifier([name])
  const text = plain === 'varchar' || plain === 'bpchar'
  const limit = text ? modifiers[0] : undefined
  if (!using && (plain === 'text' || (text && limit === undefined))) return []
  return [{ asks: { kind: 'cast', value, type, plain, column: name, limit }, columns, calls }]
}

/** Whether a column of this type can always become one of that type. */
export function isFree(from: string, to: string): boolean {
  return free.has(`${from} ${to}`)
}
