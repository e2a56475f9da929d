import { parse } from 'libpg-query'

export type Statement = {
  /** Offset of its first character in the file's text, in UTF-16 units. */
  readonly offset: number
  readonly sql: string
}

/**
 * Splits a text into its statements with PostgreSQL's own parser, so that quotes, comments and function bodies are no traps.
 * Throws the parser's error when the text is not SQL. Only imported where it is needed: the parser is 2 MB of WebAssembly.
 */
export async function splitStatements(text: string): Promise<Statement[]> {
  const bytes = Buffer.from(text)
  const { stmts } = (await parse(text)) as { stmts?: { stmt_location?: number; stmt_len?: number }[] }
  return (stmts ?? []).map(({ stmt_location: start = 0, stmt_len: length }) => {
    // The parser counts bytes, and starts a statement right after the semicolon of the one before.
    const raw = bytes.subarray(start, length === undefined ? undefined : start + length).toString()
    const lead = leading(raw)
    return { offset: bytes.subarray(0, start).toString().length + lead, sql: raw.slice(lead).trimEnd() }
  })
}

/** Length of the white space and comments a statement's text begins with. */
function leading(text: string): number {
  return /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0].length ?? 0
}
