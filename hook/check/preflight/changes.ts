import type { RangeVar } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'
import { replaceQuoted } from '../../sql/quote.ts'
import { alterationsOf, droppedNames, provenNotNull, relationOf, strings } from '../rules/alterations.ts'
import { callsIn, changedIn } from './expressions.ts'

/** What a statement changes, so that rows may be others than they are now when a later one runs. */
export type Change =
  | { readonly kind: 'writes'; readonly relation: RangeVar }
  /** It may write any table: `why` follows the place of the statement. */
  | { readonly kind: 'anything'; readonly why: string }
  /** It calls functions, which write what they like unless they are PostgreSQL's own. */
  | { readonly kind: 'calls'; readonly names: readonly string[] }
  /** Columns are others; undefined for all. */
  | { readonly kind: 'alters'; readonly relation: RangeVar; readonly columns: readonly string[] | undefined }
  | { readonly kind: 'creates'; readonly relation: RangeVar; readonly unlessThere: boolean }
  /** A function is made or made anew. */
  | { readonly kind: 'defines'; readonly name: string }
  /** Whatever writes this table runs a function from now on. */
  | { readonly kind: 'triggers'; readonly relation: RangeVar }
  /** No row has null in these columns. */
  | { readonly kind: 'proves'; readonly relation: RangeVar; readonly columns: readonly string[] }

/** What a statement changes, by its tree. */
export function changesOf(tree: Tree): readonly Change[] {
  const { AlterTableStmt, RenameStmt, TruncateStmt, CreateFunctionStmt, CreateTrigStmt, RuleStmt } = tree
  if (CreateFunctionStmt) return [{ kind: 'defines', name: strings(CreateFunctionStmt.funcname).at(-1) ?? '' }]
  if (CreateTrigStmt?.relation) return [{ kind: 'triggers', relation: CreateTrigStmt.relation }]
  if (RuleStmt?.relation) return [{ kind: 'triggers', relation: RuleStmt.relation }]
  // A view only remembers what it calls.
  if (tree.ViewStmt || tree.CreatePolicyStmt) return []
  if (tree.CallStmt || tree.ExecuteStmt) return [{ kind: 'anything', why: 'may change any table' }]
  if (tree.DropOwnedStmt || tree.DropStmt?.removeType === 'OBJECT_SCHEMA')
    return [{ kind: 'anything', why: 'may drop any table' }]
  const names = callsIn(tree)
  const calls: Change[] = names.length > 0 ? [{ kind: 'calls', names }] : []
  const created = tree.CreateStmt?.relation ?? tree.CreateTableAsStmt?.into?.rel ?? tree.SelectStmt?.intoClause?.rel
  if (created) {
    const unlessThere = Boolean(tree.CreateStmt?.if_not_exists || tree.CreateTableAsStmt?.if_not_exists)
    return [...calls, { kind: 'creates', relation: created, unlessThere }]
  }
  if (TruncateStmt) {
    if (TruncateStmt.behavior === 'DROP_CASCADE') return [{ kind: 'anything', why: 'empties tables by CASCADE' }]
    return (TruncateStmt.relations ?? []).flatMap(({ RangeVar: relation }: Tree) =>
      relation ? [{ kind: 'writes', relation }] : [],
    )
  }
  if (AlterTableStmt) return [...calls, ...alterationsOf(tree).flatMap(ofAlteration)]
  if (RenameStmt?.relation) {
    const { relation, subname = '', newname = '', renameType } = RenameStmt
    return [{ kind: 'alters', relation, columns: renameType === 'OBJECT_COLUMN' ? [subname, newname] : undefined }]
  }
  if (tree.AlterObjectSchemaStmt?.relation)
    return [{ kind: 'alters', relation: tree.AlterObjectSchemaStmt.relation, columns: undefined }]
  const dropped = droppedNames(tree, 'OBJECT_TABLE').map(relationOf)
  return [
    ...calls,
    ...changedIn(tree).map((relation): Change => ({ kind: 'writes', relation })),
    // The rows of a partition are those of its table, too.
    ...dropped.map((relation): Change => ({ kind: 'writes', relation })),
  ]
}

function ofAlteration({
  relation,
  kind,
  name,
  column,
  constraint,
}: ReturnType<typeof alterationsOf>[number]): Change[] {
  switch (kind) {
    case 'AT_AddColumn':
      return [{ kind: 'alters', relation, columns: [column?.colname ?? ''] }]
    case 'AT_DropColumn':
    case 'AT_AlterColumnType':
    case 'AT_SetExpression':
    case 'AT_DropExpression':
      return [{ kind: 'alters', relation, columns: [name] }]
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
    case 'AT_AddInherit':
    case 'AT_DropInherit':
      return [{ kind: 'alters', relation, columns: undefined }]
    case 'AT_AddConstraint':
      return constraint?.contype === 'CONSTR_CHECK' && !constraint.skip_validation
        ? [{ kind: 'proves', relation, columns: provenNotNull(constraint.raw_expr) }]
        : []
    default:
      return []
  }
}

/** Statements that change no row and call no function, by their first word. */
const harmless =
  /^(?:comment|grant|analyze|set|reset|show|discard|notify|listen|unlisten|savepoint|release|rollback|begin|start|commit|end|abort|close|declare|security|create|import|checkpoint)\b/i

/** The table of an INSERT or COPY, by its text. */
const insertInto =
  /^(?:insert\s+into|copy)\s+(?:("(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)\s*\.\s*)?("(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)/i

/** What a statement changes that nobody has parsed, by its text and its outline: a long INSERT of values takes the parser too long. */
export function changesByText(sql: string, outline: string): readonly Change[] {
  if (/^create\s+(?:or\s+replace\s+)?(?:function|procedure)\b/i.test(outline)) {
    const [, name = ''] = /(?:function|procedure)\s+(?:.*\.)?\s*("[^"]+"|[\w$]+)\s*\(/i.exec(sql.slice(0, 500)) ?? []
    return [{ kind: 'defines', name: plain(name) }]
  }
  if (/^do\b/i.test(outline)) return ofBlock(sql)
  const insert = insertInto.exec(sql)
  if (insert) {
    const [head, schema, name = ''] = insert
    const relation = { relname: plain(name), ...(schema ? { schemaname: plain(schema) } : {}) }
    return [{ kind: 'writes', relation }, ...callsByText(outline.slice(head.length), sql.slice(head.length))]
  }
  if (/^(?:select|values|table|explain|prepare|fetch|move)\b/i.test(outline)) return callsByText(outline, sql)
  return harmless.test(outline) ? [] : [{ kind: 'anything', why: 'may change any table' }]
}

/** A name as PostgreSQL keeps it. */
function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}

/** Names before a parenthesis that call nothing. */
const noCalls = new Set(
  'values in and or not exists any all some row on conflict over filter as using set with array'.split(' '),
)

function callsByText(outline: string, sql: string): Change[] {
  if (/"\s*\(/.test(sql)) return [{ kind: 'anything', why: 'may call a function that changes any table' }]
  const names = [...outline.matchAll(/([a-z_][\w$]*)\s*\(/gi)].map(([, name = '']) => name.toLowerCase())
  const calls = [...new Set(names)].filter((name) => !noCalls.has(name))
  return calls.length > 0 ? [{ kind: 'calls', names: calls }] : []
}

/** A DO block may or may not run what stands in it. */
function ofBlock(sql: string): Change[] {
  const body = replaceQuoted(sql.replace(/^do\b\s*(?:language\s+\w+\s*)?(?:\$\w*\$|')/i, ''), () => ' ')
  if (/\b(?:insert|update|delete|merge|truncate|copy|execute|call|perform)\b/i.test(body))
    return [{ kind: 'anything', why: 'is a DO block that may change any table' }]
  return callsByText(body, '')
}
