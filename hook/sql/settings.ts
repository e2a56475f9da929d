import type { FuncCall } from '@pgsql/types'
import { bodyOf } from './kinds.ts'
import type { Statement, Tree } from './parse.ts'

/** Why a setting cannot reach the statements after it, each of which runs alone. */
export type Lost = 'local' | 'computed' | 'transaction'

/**
 * What the statements before one have set, as SQL in their order: what a file without a transaction repeats before each statement,
 * also when a later run continues it. A setting that was reset is left out, so that Lotse's own value holds again. Pure.
 */
export function settingsBefore(statements: readonly Statement[], index: number): readonly string[] {
  let set: { readonly names: readonly string[]; readonly sql: string }[] = []
  const forget = (names: readonly string[]): void => {
    set = set.filter((each) => !each.names.every((name) => names.includes(name)))
  }
  for (const { tree, sql } of statements.slice(0, index)) {
    const node = tree.VariableSetStmt
    const names = node ? [node.name ?? ''] : (namesOfSetConfig(tree) ?? [])
    if (node?.kind === 'VAR_RESET_ALL') set = set.filter((each) => each.names.every((name) => identity.includes(name)))
    else {
      // Who begins a session anew has no role in it.
      forget(names.includes('session_authorization') ? identity : names)
      const keeps = node === undefined || node.kind === 'VAR_SET_VALUE'
      // The file is sent as UTF-8, whatever it says of itself.
      if (keeps && names.length > 0 && !names.includes('client_encoding')) set.push({ names, sql })
    }
  }
  return set.map(({ sql }) => sql)
}

/** RESET ALL leaves them alone (PostgreSQL docs, RESET). */
const identity = ['session_authorization', 'role']

/** Why what this statement sets would not reach the next one; undefined when it sets nothing, or what can be repeated. */
export function lostSetting(tree: Tree): Lost | undefined {
  const node = tree.VariableSetStmt
  if (node) {
    if (node.is_local) return 'local'
    return node.kind === 'VAR_SET_MULTI' || isOfTransaction(node.name) ? 'transaction' : undefined
  }
  if (tree.DoStmt) return setsInBlock.test(bodyOf(tree).replace(/--.*/g, '')) ? 'computed' : undefined
  const calls = runsAtOnce.some((kind) => kind in tree) ? callsOfSetConfig(tree) : []
  const names = namesOfSetConfig(tree)
  if (names) {
    if (calls.every((call) => isTrue(call.args?.[2]))) return 'local'
    return calls.some((call) => isTrue(call.args?.[2]))
      ? 'local'
      : names.some(isOfTransaction)
        ? 'transaction'
        : undefined
  }
  return calls.some((call) => !isTrue(call.args?.[2])) ? 'computed' : undefined
}

function isOfTransaction(name: string | undefined): boolean {
  return /^(default_)?transaction_(?!timeout)/.test(name ?? '')
}

const runsAtOnce = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CreateTableAsStmt',
  'CallStmt',
]

/** In a body of PL/pgSQL: set_config(…, false), SET at the beginning of a statement, EXECUTE of one. */
const setsInBlock =
  /\bset_config\s*\([^;()]{0,500},\s*false\s*\)|(?:;|\b(?:begin|then|else|loop)\b)\s*set\s+(?!local\b|constraints\b)\w|\bexecute\s+(?:format\s*\(\s*)?e?'\s*set\s+(?!local\b|constraints\b)\w/i

/** The names that a SELECT of nothing but set_config() sets, each with name and value written out. */
function namesOfSetConfig(tree: Tree): string[] | undefined {
  const { targetList = [], ...rest } = tree.SelectStmt ?? {}
  const plain = Object.keys(rest).every((key) => ['limitOption', 'op'].includes(key))
  const names = targetList.map(({ ResTarget }: Tree) => {
    const call = (ResTarget?.val as Tree | undefined)?.FuncCall
    const [name, value, local]: readonly Tree[] = isSetConfig(call) ? (call?.args ?? []) : []
    return value?.A_Const?.sval && local?.A_Const?.boolval ? name?.A_Const?.sval?.sval?.toLowerCase() : undefined
  })
  const known = names.filter((name): name is string => Boolean(name))
  return plain && names.length > 0 && known.length === names.length ? known : undefined
}

function callsOfSetConfig(part: unknown): FuncCall[] {
  if (typeof part !== 'object' || part === null) return []
  const within = Object.values(part).flatMap(callsOfSetConfig)
  const { FuncCall: call } = part as Tree
  return call && isSetConfig(call) ? [call, ...within] : within
}

function isSetConfig(call: FuncCall | undefined): boolean {
  const name: Tree | undefined = call?.funcname?.at(-1)
  return name?.String?.sval === 'set_config'
}

function isTrue(node: Tree | undefined): boolean {
  return node?.A_Const?.boolval?.boolval === true
}
