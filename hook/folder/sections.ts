import { replaceQuoted } from '../sql/quote.ts'

/** The two directions of a file that holds both, each with the other's lines left empty so that line numbers stay true. */
export type Sections = { readonly up: string; readonly down: string | undefined }

/** How a tool marks the directions inside one file, each mark a line of its own. Without an `up` mark the file begins with that part. */
export type Marks = { readonly up?: RegExp; readonly down: RegExp; readonly read?: (sql: string) => string }

const known: readonly Marks[] = [
  // node-pg-migrate, dbmate, goose, sql-migrate and micrate, of which one file may carry several.
  {
    up: /^\s*--[\s-]*(?:up\s+migration\s*$|migrate:up\b|\+(?:goose|migrate|micrate)\s+up\b)/i,
    down: /^\s*--[\s-]*(?:down\s+migration\s*$|migrate:down\b|\+(?:goose|migrate|micrate)\s+down\b)/i,
  },
  // tern
  { down: /^\s*-{2,}\s*create above\s*\/\s*drop below\s*-*\s*$/i },
  // Play evolutions, where a doubled semicolon ends no statement.
  { up: /^\s*(?:#|--).*!Ups/, down: /^\s*(?:#|--).*!Downs/, read: (sql) => sql.replaceAll(';;', '; ') },
  // A word that the line consists of, but for dashes and the like.
  { up: /^\s*--[\s\-=*#]*up[\s\-=*#:]*$/i, down: /^\s*--[\s\-=*#]*down[\s\-=*#:]*$/i },
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
  const { up, down } = separate(text, marks)
  if (!saysSomething(up) && saysSomething(down ?? ''))
    problems.push(`${file}: its up part is empty; write the SQL or delete the file`)
  const read = marks.read ?? ((sql: string) => sql)
  return { up: read(up), down: down === undefined ? undefined : read(down) }
}

/** Separates the directions at a tool's marks; `down` is undefined where nothing marks one. What stands before both marks is `up`. */
export function separate(text: string, marks: Pick<Marks, 'up' | 'down'>): Sections {
  const inQuotation = linesInQuotation(text)
  let [inDown, marked] = [false, false]
  const up: string[] = []
  const down: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (!inQuotation(index)) {
      if (marks.down.test(line)) inDown = marked = true
      else if (marks.up?.test(line)) inDown = false
    }
    // A mark of Play's is no comment of SQL; any other line may begin with an operator such as #>>.
    const shown = /^\s*#.*!(Ups|Downs)/.test(line) ? '' : line
    up.push(inDown ? '' : shown)
    down.push(inDown ? shown : '')
  }
  return { up: up.join('\n'), down: marked ? down.join('\n') : undefined }
}

function saysSomething(part: string): boolean {
  return part.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('--'))
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
