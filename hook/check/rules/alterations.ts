import type { A_Const, AlterTableCmd, ColumnDef, Constraint, FuncCall, RangeVar, TypeName } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'

/** Reading of parse trees: the commands of an ALTER TABLE, the constraints they bring, and names. */

/** One command of an ALTER TABLE. */
export type Alteration = {
  readonly relation: RangeVar
  /** PostgreSQL's AlterTableType: AT_AddColumn and the like. */
  readonly kind: string
  /** The column or constraint that it names. */
  readonly name: string
  readonly command: AlterTableCmd
  readonly column: ColumnDef | undefined
  readonly constraint: Constraint | undefined
}

/** The commands of an ALTER TABLE; none for any other statement. */
export function alterationsOf({ AlterTableStmt: statement }: Tree): readonly Alteration[] {
  const { relation, cmds = [], objtype } = statement ?? {}
  if (!relation || objtype !== 'OBJECT_TABLE') return []
  return cmds.flatMap((each: Tree) => {
    const command = each.AlterTableCmd
    if (!command) return []
    const definition: Tree = command.def ?? {}
    const { ColumnDef: column, Constraint: constraint } = definition
    return { relation, kind: command.subtype ?? '', name: command.name ?? '', command, column, constraint }
  })
}

/** The alterations of one kind. */
export function alterationsBy(tree: Tree, ...kinds: readonly string[]): readonly Alteration[] {
  return alterationsOf(tree).filter(({ kind }) => kinds.includes(kind))
}

/** Constraints that an ALTER TABLE adds to the table, not to a new column. */
export function addedConstraints(tree: Tree, type: string): readonly (Alteration & { constraint: Constraint })[] {
  return alterationsBy(tree, 'AT_AddConstraint').filter(
    (each): each is Alteration & { constraint: Constraint } => each.constraint?.contype === type,
  )
}

/** Columns that an ALTER TABLE adds, with their constraints. */
export function addedColumns(tree: Tree): readonly AddedColumn[] {
  return alterationsBy(tree, 'AT_AddColumn').flatMap(({ relation, column }) => {
    if (!column) return []
    return { relation, column, name: column.colname ?? '', constraints: constraintsOf(column) }
  })
}

export type AddedColumn = {
  readonly relation: RangeVar
  readonly column: ColumnDef
  readonly name: string
  readonly constraints: readonly Constraint[]
}

export function constraintsOf({ constraints = [] }: ColumnDef): readonly Constraint[] {
  return constraints.flatMap(({ Constraint: constraint }: Tree) => constraint ?? [])
}

/** The texts of a list of names. */
export function strings(list: readonly unknown[] | undefined): readonly string[] {
  return (list ?? []).flatMap((each) => (each as Tree).String?.sval ?? [])
}

/** The relation of a list of names, as DROP and ALTER TYPE have it: schema and name, or the name alone. */
export function relationOf(names: readonly string[]): RangeVar {
  const [relname = '', schemaname] = names.toReversed()
  return schemaname === undefined ? { relname } : { schemaname, relname }
}

/** What a DROP names, each as its list of names. */
export function droppedNames({ DropStmt: statement }: Tree, type: string): readonly (readonly string[])[] {
  if (statement?.removeType !== type) return []
  return (statement.objects ?? []).map((each: Tree) => {
    if (each.List) return strings(each.List.items)
    if (each.ObjectWithArgs) return strings(each.ObjectWithArgs.objname)
    if (each.TypeName) return strings(each.TypeName.names)
    return each.String?.sval ? [each.String.sval] : []
  })
}

/** The type's own name and its modifiers: varchar and [20]. */
export function typeOf({ names, typmods = [], arrayBounds = [] }: TypeName = {}): {
  readonly type: string
  readonly modifiers: readonly number[]
} {
  const modifiers = typmods.map(({ A_Const }: Tree) => A_Const?.ival?.ival ?? 0)
  return { type: `${arrayBounds.length > 0 ? '_' : ''}${strings(names).at(-1) ?? ''}`, modifiers }
}

/** A relation as SQL that can be pasted: quoted only where it must be. */
export function written({ schemaname, relname = '' }: RangeVar = {}): string {
  return [schemaname, relname].flatMap((part) => (part ? plainIdentifier(part) : [])).join('.')
}

/** Every node of a type anywhere in a tree, where the parser says its type. */
export function nodesOf<Type extends keyof NodesByType>(part: unknown, type: Type): NodesByType[Type][] {
  const found: NodesByType[Type][] = []
  visit(part, (each) => {
    const node = (each as Partial<NodesByType>)[type]
    if (node !== undefined) found.push(node)
  })
  return found
}

type NodesByType = { readonly FuncCall: FuncCall; readonly A_Const: A_Const }

/** Every relation that a tree names, but for those of DROP. */
export function relationsOf(part: unknown): RangeVar[] {
  const found: RangeVar[] = []
  visit(part, (each) => void ('relname' in each && 'relpersistence' in each && found.push(each as RangeVar)))
  return found
}

/** The name of every type in a tree, each as a list. */
export function typesOf(part: unknown): (readonly string[])[] {
  const found: (readonly string[])[] = []
  visit(part, (each) => void ('names' in each && 'typemod' in each && found.push(strings((each as TypeName).names))))
  return found
}

function visit(part: unknown, look: (node: object) => void): void {
  if (typeof part !== 'object' || part === null) return
  look(part)
  for (const each of Object.values(part)) visit(each, look)
}

/** Columns that an expression proves to be not null: `c IS NOT NULL`, alone or joined by AND. */
export function provenNotNull(expression: unknown): readonly string[] {
  const { NullTest, BoolExpr } = (expression ?? {}) as Tree
  if (NullTest?.nulltesttype === 'IS_NOT_NULL') {
    const column: Tree = NullTest.arg ?? {}
    return strings(column.ColumnRef?.fields).slice(-1)
  }
  return BoolExpr?.boolop === 'AND_EXPR' ? (BoolExpr.args ?? []).flatMap(provenNotNull) : []
}
