import type { Tree } from '../sql/parse.ts'
import { columnFrom, createdRelation, freshTable } from './created.ts'
import {
  addedColumns,
  alterationsOf,
  droppedNames,
  provenNotNull,
  relationOf,
  strings,
  typeOf,
} from './rules/alterations.ts'
import {
  type Column,
  type Constraint,
  type Facts,
  keyOf,
  nothingKnown,
  shownName,
  type Table,
  type TypeFact,
  tableOf,
} from './rules/facts.ts'

/**
 * What is known after a statement: what it creates is fresh, so that nobody else uses it, and what it adds, validates or drops counts
 * for the statements after it. Pure; of what it cannot tell, nothing changes.
 */
export function factsAfter(facts: Facts, tree: Tree): Facts {
  const created = createdRelation(tree)
  if (created) return withTables(facts, [freshTable(facts, created, tree)])
  const { CreateDomainStmt: domain, CreateEnumStmt: enumeration, CompositeTypeStmt: composite } = tree
  if (domain)
    return withType(facts, strings(domain.domainname), {
      kind: 'd',
      constrained: (domain.constraints ?? []).length > 0,
      usedBy: [],
      fresh: true,
    })
  if (enumeration)
    return withType(facts, strings(enumeration.typeName), { kind: 'e', constrained: false, usedBy: [], fresh: true })
  if (composite?.typevar)
    return withType(facts, [composite.typevar.relname ?? ''], {
      kind: 'c',
      constrained: false,
      usedBy: [],
      fresh: true,
    })
  if (tree.AlterTableStmt?.relation) {
    const table = tableOf(facts, tree.AlterTableStmt.relation)
    if (isNobodys(table, facts)) return facts
    return withTables(facts, [
      alterationsOf(tree).reduce((each, alteration) => altered(each, alteration, facts), withColumns(table, tree)),
    ])
  }
  if (tree.IndexStmt?.relation) {
    const { relation, idxname = '', unique = false, indexParams = [] } = tree.IndexStmt
    const table = tableOf(facts, relation)
    if (isNobodys(table, facts)) return facts
    const columns = indexParams.map(({ IndexElem }: Tree) => IndexElem?.name ?? '')
    const after = withTables(facts, [
      { ...table, indexes: [...table.indexes, { name: idxname, valid: true, unique, columns }] },
    ])
    return { ...after, indexes: new Map([...after.indexes, [keyOf(facts, relation.schemaname, idxname), table.key]]) }
  }
  if (tree.RenameStmt?.renameType === 'OBJECT_TABLE' && tree.RenameStmt.relation) {
    const { relation, newname = '' } = tree.RenameStmt
    const key = keyOf(facts, relation.schemaname, newname)
    return withTables(facts, [{ ...tableOf(facts, relation), key, name: shownName(facts.schema, key) }])
  }
  const dropped = droppedNames(tree, 'OBJECT_TABLE').map((names) => tableOf(facts, relationOf(names)))
  // Whatever takes its name next is new.
  return dropped.length > 0
    ? withTables(
        facts,
        dropped.map((table) => ({ ...table, ...nothingKnown, state: 'fresh' })),
      )
    : facts
}

/** What is known once a release is out: what was fresh is in use. */
export function factsInUse(facts: Facts): Facts {
  const tables = [...facts.tables].map(([key, table]): [string, Table] => [
    key,
    {
      ...table,
      state: table.state === 'fresh' ? 'assumed' : table.state,
      columns: new Map([...table.columns].map(([name, column]) => [name, { ...column, fresh: false }])),
    },
  ])
  const types = [...facts.types].map(([key, type]): [string, TypeFact] => [key, { ...type, fresh: false }])
  return { ...facts, tables: new Map(tables), types: new Map(types) }
}

/** What becomes of a table that this run creates is told of nobody, and beside a database it is not asked for in a later release either. */
function isNobodys({ state }: Table, { online }: Facts): boolean {
  return online && state === 'fresh'
}

/** The facts with these tables in place of what was known of them, by whatever name. */
function withTables(facts: Facts, changed: readonly Table[]): Facts {
  const tables = new Map(facts.tables)
  for (const table of changed) {
    if (table.state !== 'fresh') for (const [name, each] of tables) if (each.key === table.key) tables.set(name, table)
    tables.set(table.key, table)
  }
  return { ...facts, tables }
}

function withType(facts: Facts, names: readonly string[], type: TypeFact): Facts {
  const { schemaname, relname = '' } = relationOf(names)
  return { ...facts, types: new Map([...facts.types, [keyOf(facts, schemaname, relname), type]]) }
}

function withColumns(table: Table, tree: Tree): Table {
  const added = addedColumns(tree).map(({ name, column }): [string, Column] => [
    name,
    { ...columnFrom(column), fresh: true },
  ])
  return added.length > 0 ? { ...table, columns: new Map([...table.columns, ...added]) } : table
}

const contypes: Readonly<Record<string, string>> = {
  CONSTR_CHECK: 'c',
  CONSTR_FOREIGN: 'f',
  CONSTR_UNIQUE: 'u',
  CONSTR_PRIMARY: 'p',
  CONSTR_NOTNULL: 'n',
}

function altered(
  table: Table,
  { kind, name, constraint, column, command }: ReturnType<typeof alterationsOf>[number],
  facts: Facts,
): Table {
  const change = (columnName: string, part: Partial<Column>): Table => {
    const before = table.columns.get(columnName)
    return before ? { ...table, columns: new Map([...table.columns, [columnName, { ...before, ...part }]]) } : table
  }
  switch (kind) {
    case 'AT_AddConstraint': {
      const type = contypes[constraint?.contype ?? '']
      if (!constraint || !type) return table
      const added: Constraint = {
        name: constraint.conname ?? '',
        type,
        valid: !constraint.skip_validation,
        columns: strings(constraint.fk_attrs ?? constraint.keys),
        target: constraint.pktable && tableOf(facts, constraint.pktable).key,
        proves: type === 'c' ? provenNotNull(constraint.raw_expr) : [],
      }
      return { ...table, constraints: [...table.constraints, added] }
    }
    case 'AT_ValidateConstraint':
      return {
        ...table,
        constraints: table.constraints.map((each) => (each.name === name ? { ...each, valid: true } : each)),
      }
    case 'AT_DropConstraint':
      return { ...table, constraints: table.constraints.filter((each) => each.name !== name) }
    case 'AT_DropColumn':
      return { ...table, columns: new Map([...table.columns].filter(([each]) => each !== name)) }
    case 'AT_SetNotNull':
      return change(name, { notNull: true })
    case 'AT_DropNotNull':
      return change(name, { notNull: false })
    case 'AT_ColumnDefault':
      return change(name, { hasDefault: command.def !== undefined })
    case 'AT_EnableRowSecurity':
      return { ...table, rowSecurity: true }
    case 'AT_AlterColumnType':
      return change(name, typeOf(column?.typeName))
    default:
      return table
  }
}
