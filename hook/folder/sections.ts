import { replaceQuoted } from '../sql/quote.ts'
import { piecesOf } from '../sql/split.ts'

/** The two directions of a file that holds both, each with the other's lines left empty so that line numbers stay true. */
export type Sections = { readonly up: string; readonly down: string | undefined }

/** How a tool marks the directions inside one file, each mark a line of its own. Without an `up` mark the file begins with that part. */
type Marks = { readonly up?: RegExp; readonly down: RegExp; readonly read?: (sql: string) => string }

/** A word that the line consists of, but for dashes and the like. */
const alone = (word: string): RegExp => new RegExp(`^\\s*--[\\s\\-=*#]*${word}[\\s\\-=*#:]*$`, 'i')

/** node-pg-migrate, dbmate, goose, sql-migrate and micrate, of which one file may carry several. */
const named = (direction: string): RegExp =>
  new RegExp(
    `^\\s*--[\\s-]*(${direction}\\s+migration\\s*$|migrate:${direction}\\b|\\+(goose|migrate|micrate)\\s+${direction}\\b)`,
    'i',
  )

const known: readonly Marks[] = [
  { up: named('up'), down: named('down') },
  // tern
  { down: /^\s*-{2,}\s*create above\s*\/\s*drop below\s*-*\s*$/i },
  // Play evolutions, where a doubled semicolon ends no statement.
  { up: /^\s*(?:#|--).*!Ups/, down: /^\s*(?:#|--).*!Downs/, read: (sql) => sql.replaceAll(';;', '; ') },
  { up: alone('up'), down: alone('down') },
]

/** Spares the files without any of it, which are nearly all. */
export const mayBeMarked = /migrat|goose|micrate|drop below|!downs|^[ \t]*--[ \t\-=*#]*down[ \t\-=*#:]*$/im

/**
 * Separates the directions of a file that has both; run as a whole it would revert itself at once. Any other file is all `up`.
 * Adds to `problems` when a part is marked and the other cannot be told from it.
 */
export function splitSections(text: string, file: string, problems: string[]): Sections {
  const whole = { up: text, down: undefined }
  if (!mayBeMarked.test(text)) return whole
  const lines = text.split('\n')
  const inQuotation = linesInQuotation(text)
  const find = (mark: RegExp): number => lines.findIndex((line, index) => mark.test(line) && !inQuotation(index))
  const marks = known.find(({ down }) => find(down) >= 0)
  if (!marks) return whole
  const firstDown = find(marks.down)
  const firstUp = marks.up ? find(marks.up) : 0
  if (firstUp < 0 || firstDown < firstUp) {
    // A word alone may be a remark; what follows it is refused before it would run, see reversalMark().
    if (marks === known.at(-1)) return whole
    problems.push(
      `${file}, line ${firstDown + 1}: has a down marker but no up marker before it; start the file with the up marker`,
    )
    return whole
  }
  let inDown = false
  const up: string[] = []
  const down: string[] = []
  for (const [index, line] of lines.entries()) {
    if (!inQuotation(index)) {
      if (marks.down.test(line)) inDown = true
      else if (marks.up?.test(line)) inDown = false
    }
    // A mark of Play's is no comment of SQL; any other line may begin with an operator such as #>>.
    const shown = /^\s*#.*!(Ups|Downs)/.test(line) ? '' : line
    up.push(inDown ? '' : shown)
    down.push(inDown ? shown : '')
  }
  if (!up.some(saysSomething) && down.some(saysSomething))
    problems.push(`${file}: its up part is empty; write the SQL or delete the file`)
  const read = marks.read ?? ((sql: string) => sql)
  return { up: read(up.join('\n')), down: read(down.join('\n')) }
}

function saysSomething(line: string): boolean {
  return line.trim() !== '' && !line.trim().startsWith('--')
}

/** Lines that begin inside a string or a block comment, such as those of a function's body. NUL stands for a newline in them: no file holds one. */
export function linesInQuotation(text: string): (index: number) => boolean {
  const shown = replaceQuoted(text, (quotation, opening) =>
    opening === '--' ? quotation : quotation.replaceAll('\n', '\0'),
  ).split('\n')
  let at = 0
  const beginnings = new Set(
    shown.map((line) => {
      const first = at
      at += line.split('\0').length
      return first
    }),
  )
  return (index) => !beginnings.has(index)
}

/** A comment that is nothing but a word for the way back: `-- undo`, `-- //@UNDO`, `/* ROLLBACK` in a block comment, `-- === Revert script ===`. */
const wayBack =
  /^\s*(?:--|#|\/\*)[\s\-=*#/!@+:>[\]()<]*(?:downs?|undo|revert|reverse|roll\s?back|downgrade|backwards?|drop below)(?:\s+(?:migrations?|script|sql|section|part|steps?|below|changes?))?[\s\-=*#/!@:.<>[\]()]*$/i

/** One look, which spares nearly all files the rest. */
const mayBeWayBack =
  /^[ \t]*(?:--|#|\/\*)[^\n\w]*(?:downs?|undo|revert|reverse|roll ?back|downgrade|backwards?|drop below)\b/im

/**
 * The line, from one, that marks what follows as the way back in words that no known tool uses, with statements before and after it.
 * What stands after it is never run unasked.
 */
export function reversalMark(text: string): { readonly line: number; readonly mark: string } | undefined {
  if (!mayBeWayBack.test(text)) return undefined
  const lines = text.split('\n')
  const inQuotation = linesInQuotation(text)
  const pieces = piecesOf(text)
  const first = pieces[0]?.offset ?? text.length
  const last = pieces.at(-1)
  const end = last ? last.offset + last.outline.trimEnd().length : 0
  let next = 0
  let start = 0
  for (const [index, line] of lines.entries()) {
    const after = start + line.length
    // A mark with statements before and after it; what is commented out never runs: a block comment that goes on, or a comment on the next line.
    if (
      first < start &&
      end > after &&
      wayBack.test(line) &&
      !inQuotation(index) &&
      !(line.trimStart().startsWith('/*') && !line.includes('*/'))
    ) {
      next = Math.max(next, index + 1)
      while (lines[next]?.trim() === '') next++
      if (!/^\s*--/.test(lines[next] ?? '')) return { line: index + 1, mark: line.trim() }
    }
    start = after + 1
  }
  return undefined
}
