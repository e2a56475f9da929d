import pg from 'pg'

/** What begins a comment, a name, a string, an escape string or a dollar quote (PostgreSQL docs 4.1). */
const opening = /--|\/\*|"|(?<![\w$])e'|'|(?<![\w$])\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/gi

/** What opens a quotation: `--` or `/*` a comment, `"` a name, anything else a string. */
export type Opening = string

/**
 * Replaces what SQL quotes, without the parser: for texts too large for it, and for such as are no whole SQL. What is left open ends
 * with the text; a doubled quote is two strings in a row.
 */
export function replaceQuoted(text: string, replacement: (quotation: string, opening: Opening) => string): string {
  let [result, at] = ['', 0]
  for (const { from, to, opening } of quotations(text)) {
    result += text.slice(at, from) + replacement(text.slice(from, to), opening)
    at = to
  }
  return result + text.slice(at)
}

/** Where what SQL quotes begins and ends, in order. */
export function* quotations(
  text: string,
): Generator<{ readonly from: number; readonly to: number; readonly opening: Opening }> {
  for (let at = 0; ; ) {
    opening.lastIndex = at
    const match = opening.exec(text)
    if (!match) return
    at = endOf(text, match.index + match[0].length, match[0])
    yield { from: match.index, to: at, opening: match[0] }
  }
}

/** Whether the opening is that of a string, dollar-quoted or not. */
export function opensString(opening: Opening): boolean {
  return !['--', '/*', '"'].includes(opening)
}

function endOf(text: string, from: number, opening: Opening): number {
  if (opening === '/*') return endOfComment(text, from)
  if (/^e'$/i.test(opening)) {
    const rest = /(?:[^'\\]+|\\[\s\S])*/y
    rest.lastIndex = from
    rest.test(text)
    return Math.min(rest.lastIndex + 1, text.length)
  }
  const closing = opening === '--' ? '\n' : opening
  const end = text.indexOf(closing, from)
  return end < 0 ? text.length : end + closing.length
}

/** Comments in comments are counted, as PostgreSQL does. */
function endOfComment(text: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(text)
    if (!mark) return text.length
    depth += mark[0] === '/*' ? 1 : -1
  }
  return marks.lastIndex
}

/** A name of one or more parts, quoted for SQL. */
export function identifier(parts: readonly string[]): string {
  return parts.map((part) => pg.escapeIdentifier(part)).join('.')
}

/** Words that PostgreSQL takes for a name only where they are quoted (docs, appendix C: reserved, also those that may name a function or type). */
const reserved = new Set(
  'all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window with'.split(
    ' ',
  ),
)

/** A name as people write it in SQL: quoted only where it must be. */
export function plainIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : pg.escapeIdentifier(name)
}

/** A text as an SQL literal, for statements that go out together with others and so cannot have parameters. */
export function literal(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'string' ? pg.escapeLiteral(value) : String(value)
}
