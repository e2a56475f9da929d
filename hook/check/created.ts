import type { ColumnDef, RangeVar } from '@pgsql/types'
import type { Tree } from '../sql/parse.ts'
import { constraintsOf, strings, typeOf } from './rules/alterations.ts'
import {
  type Column,
  type Constraint,
  type Facts,
  keyOf,
  nothingKnown,
  shownName,
  type Table,
  tableOf,
} from './rules/facts.ts'

/** The relation that a statement creates; undefined for any other statement. */
export function createdRelation({
  CreateStmt,
  CreateTableAsStmt,
  ViewStmt,
  SelectStmt,
  CreateForeignTableStmt,
  CreateSeqStmt,
}: Tree): RangeVar | undefined {
  return (
    CreateStmt?.relation ??
    CreateTableAsStmt?.into?.rel ??
    (ViewStmt?.replace ? undefined : ViewStmt?.view) ??
    SelectStmt?.intoClause?.rel ??
    CreateForeignTableStmt?.base?.relation ??
    CreateSeqStmt?.sequence
  )
}

/** A table that the run creates; one that IF NOT EXISTS may leave as it is stays what it was. */
export function freshTable(facts: Facts, relation: RangeVar, { CreateStmt, CreateTableAsStmt }: Tree): Table {
  const key = keyOf(facts, relation.schemaname, relation.relname ?? '')
  const before = facts.tables.get(key)
  if (before && before.state !== 'fresh' && (CreateStmt?.if_not_exists || CreateTableAsStmt?.if_not_exists))
    return before
  const elements: readonly Tree[] = CreateStmt?.tableElts ?? []
  const columns = elements.flatMap(({ ColumnDef }): [string, Column][] =>
    ColumnDef ? [[ColumnDef.colname ?? '', columnFrom(ColumnDef)]] : [],
  )
  const kind = CreateStmt?.partspec ? 'p' : 'r'
  const constraints = elements.flatMap((each) => foreignKeys(facts, relation, each))
  return {
    ...nothingKnown,
    key,
    name: shownName(facts.schema, key),
    state: 'fresh',
    kind,
    columns: new Map(columns),
    constraints,
  }
}

/** Foreign keys of a table's element, with the names that PostgreSQL gives them. */
function foreignKeys(facts: Facts, { relname }: RangeVar, { ColumnDef: column, Constraint: own }: Tree): Constraint[] {
  const all = column ? constraintsOf(column) : own ? [own] : []
  return all.flatMap(({ contype, conname, pktable, fk_attrs }) => {
    if (contype !== 'CONSTR_FOREIGN' || !pktable) return []
    const columns = column ? [column.colname ?? ''] : strings(fk_attrs)
    const name = conname || [relname, ...columns, 'fkey'].join('_')
    return [{ name, type: 'f', valid: true, columns, target: tableOf(facts, pktable).key, proves: [] }]
  })
}

/** A column as a statement declares it. */
export function columnFrom(definition: ColumnDef): Column {
  const types = constraintsOf(definition).map(({ contype }) => contype)
  const { type, modifiers } = typeOf(definition.typeName)
  return {
    type,
    modifiers,
    notNull: types.includes('CONSTR_NOTNULL') || types.includes('CONSTR_PRIMARY'),
    hasDefault: types.includes('CONSTR_DEFAULT') || types.includes('CONSTR_IDENTITY'),
  }
}
