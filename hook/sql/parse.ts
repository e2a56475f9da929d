import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import type { Node } from '@pgsql/types'
import { replaceQuoted } from './quote.ts'

export type Statement = {
  /** Offset of its first character in the file's text, in UTF-16 units. */
  readonly offset: number
  readonly sql: string
  /** Short hash of the text without its comments and white space around it: what the history remembers of a done statement. */
  readonly hash: string
  /** PostgreSQL's parse tree, `{IndexStmt: {…}}` and the like. */
  readonly tree: Tree
}

/** A node of PostgreSQL's parse tree by its type: `{IndexStmt: {…}}` has that one property, every other is undefined. */
export type Tree = { readonly [Type in KeyOf<Node>]?: Extract<Node, Readonly<Record<Type, unknown>>>[Type] }
type KeyOf<Union> = Union extends unknown ? keyof Union : never

/** The file is not SQL; `position` is PostgreSQL's, in characters from one. */
export class ParseError extends Error {
  readonly position: string | undefined

  constructor(message: string, position: number | undefined) {
    super(message)
    this.position = position === undefined ? undefined : String(position)
  }
}

/**
 * Splits a text into its statements with PostgreSQL's own parser, so that quotes, comments and function bodies are no traps.
 * Throws ParseError when the text is not SQL. Only imported where it is needed: the parser is 2 MB of WebAssembly.
 */
export async function splitStatements(text: string): Promise<Statement[]> {
  const { parse } = await loadParser()
  const bytes = Buffer.from(text)
  const { stmts = [] } = (await parse(text).catch(rethrow)) as {
    stmts?: { stmt: Tree; stmt_location?: number; stmt_len?: number }[]
  }
  let [at, before] = [0, 0]
  return stmts.map(({ stmt: tree, stmt_location: start = 0, stmt_len: length }) => {
    before += bytes.subarray(at, start).toString().length
    at = start
    // The parser counts bytes, and a statement may start with what follows the semicolon of the one before.
    const raw = bytes.subarray(start, length === undefined ? undefined : start + length).toString()
    const lead = leadOf(raw)
    const sql = raw.slice(lead).trimEnd()
    const hash = createHash('sha256').update(sql).digest('hex').slice(0, 16)
    return { offset: before + lead, sql, hash, tree }
  })
}

/** How much white space and how many comments stand before a statement; a comment may hold others. */
function leadOf(raw: string): number {
  const shown = replaceQuoted(raw, (quotation, opening) =>
    opening === '--' || opening === '/*' ? ' '.repeat(quotation.length) : quotation,
  )
  return shown.length - shown.trimStart().length
}

/** What a DO block holds: its static statements, and whether it runs others that are made while it runs. */
export type Block = { readonly statements: readonly string[]; readonly isDynamic: boolean }

/** Reads a DO block of PL/pgSQL. Throws ParseError when it is of another language, or no PL/pgSQL. */
export async function readBlock(sql: string): Promise<Block> {
  const { parsePlPgSQL } = await loadParser()
  const found: string[] = []
  let isDynamic = false
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [key, value] of Object.entries(part)) {
      if (key === 'PLpgSQL_stmt_dynexecute') isDynamic = true
      if (key === 'sqlstmt') found.push((value as { PLpgSQL_expr: { query: string } }).PLpgSQL_expr.query)
      visit(value)
    }
  }
  visit(await parsePlPgSQL(sql).catch(rethrow))
  return { statements: found, isDynamic }
}

/**
 * V8 would optimise the parser's one huge function in the background: 600 MB of memory, and a process that cannot exit until it is
 * done, seconds after the signal on a busy node. Parsing is fast without. Set while V8 runs, --liftoff-only alone does not imply the
 * other two, and the largest budget for optimising is spent after some hundred statements.
 */
function loadParser(): Promise<typeof import('libpg-query')> {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag)
  return import('libpg-query')
}

function rethrow(error: unknown): never {
  const { message, sqlDetails } = error as { message: string; sqlDetails?: { cursorPosition?: number } }
  const position = sqlDetails?.cursorPosition
  throw new ParseError(message, position === undefined ? undefined : position + 1)
}
