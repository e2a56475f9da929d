import { quotations } from './quote.ts'

/** A statement of a text, found without the parser. */
export type Piece = {
  /** Offset of its first character in the text, in UTF-16 units. */
  readonly offset: number
  readonly sql: string
  /** Its text with blanks for everything quoted. */
  readonly outline: string
}

/**
 * Splits a text at its semicolons, outside of quotations, parentheses and BEGIN ATOMIC bodies. The parser would be exact, and takes
 * 300 times the text's size in memory: a file of 1.5 MB ended a migrator that had 512 MB.
 */
export function piecesOf(text: string): Piece[] {
  return [...eachPiece(text)]
}

/** The same, one by one: of a text of many megabytes, only the piece at hand is in memory a second time. */
export function* eachPiece(text: string): Generator<Piece> {
  // Only what came after the last semicolon is looked through: a body may have a hundred thousand of them.
  let [before, latest, start, depth, inBody]: [string[], string, number, number, boolean] = [[], '', 0, 0, false]
  const piece = (end: number): Piece | undefined => {
    const outline = before.join('') + latest
    const lead = outline.length - outline.trimStart().length
    const offset = start + lead
    return lead < outline.length ? { offset, sql: text.slice(offset, end), outline: outline.slice(lead) } : undefined
  }
  for (const { from, to, plain } of stretches(text)) {
    if (!plain) {
      latest += ' '.repeat(to - from)
      continue
    }
    let at = from
    for (const { 0: sign, index } of text.slice(from, to).matchAll(/[;()]/g)) {
      if (sign === '(') depth++
      else if (sign === ')') depth--
      else {
        latest += text.slice(at, from + index)
        at = from + index + 1
        inBody = staysInBody(inBody, latest)
        if (depth > 0 || inBody) {
          before.push(latest, ';')
          latest = ''
          continue
        }
        const found = piece(at - 1)
        if (found) yield found
        ;[before, latest, start] = [[], '', at]
      }
    }
    latest += text.slice(at, to)
  }
  const found = piece(text.length)
  if (found) yield found
}

/** A text in turns of what is plain and what is quoted. */
function* stretches(text: string): Generator<{ readonly from: number; readonly to: number; readonly plain: boolean }> {
  let at = 0
  for (const { from, to } of quotations(text)) {
    yield { from: at, to: from, plain: true }
    yield { from, to, plain: false }
    at = to
  }
  yield { from: at, to: text.length, plain: true }
}

/** Whether a body of BEGIN ATOMIC is open after this text, which a semicolon ends: its END stands alone before one. */
function staysInBody(open: boolean, latest: string): boolean {
  if (open) return !/^\s*end\s*$/i.test(latest)
  const body = /\bbegin\s+atomic\b/i.exec(latest)
  return body !== null && !/^\s*end\s*$/i.test(latest.slice(body.index + body[0].length))
}

/**
 * Text whose strings, names and comments all end in it: none has a dollar quote, a backslash or a block comment, so quotes and line
 * comments tell (PostgreSQL docs 4.1), each in one way only. What is sent after it cannot become a part of it.
 */
const closed = /^(?:[^'"$\\/-]|'[^']*'|"[^"]*"|--[^\n\r]*(?=[\n\r]|$)|-(?!-)|\/(?!\*))*$/

/** Longer texts are not looked through: what one more message takes does not matter for them. */
const longest = 20_000

/** Whether SQL of our own may follow this text in the same message. */
export function isClosed(text: string): boolean {
  return text.length <= longest && closed.test(text)
}

/** White space and comments; no `$`, since looking for the end in another way takes exponential time. */
const nothing = /(?:\s+|--.*|\/\*[\s\S]*?\*\/)*/y

/** Whether a text holds no statement: nothing at all, or comments alone. */
export function holdsNoStatement(text: string): boolean {
  nothing.lastIndex = 0
  return nothing.exec(text)?.[0].length === text.length
}
