import { replaceQuoted } from '../../sql/quote.ts'

/** Parts of a statement as its author wrote them: the parser tells where an expression begins, not where it ends. Pure. */

/** The text with blanks for everything quoted, as long as it was. */
export function outlineOf(sql: string): string {
  return replaceQuoted(sql, (quotation) => ' '.repeat(quotation.length))
}

/** What stands between the first parentheses that follow `before`, searched from an offset; undefined where there are none. */
export function groupAfter(sql: string, before: RegExp, from = 0): { text: string; end: number } | undefined {
  const outline = outlineOf(sql)
  const match = new RegExp(`${before.source}[^()]*?\\(`, 'i').exec(outline.slice(from))
  if (!match) return undefined
  const open = from + match.index + match[0].length
  const end = closing(outline, open)
  return { text: sql.slice(open, end), end: end + 1 }
}

/** The offset of the parenthesis that closes what was open at an offset; the text's end where none does. */
function closing(outline: string, from: number): number {
  let depth = 1
  for (let at = from; at < outline.length; at++) {
    if (outline[at] === '(') depth++
    else if (outline[at] === ')' && --depth === 0) return at
  }
  return outline.length
}

/** A text cut at the commas that stand outside of parentheses and brackets. */
export function atCommas(text: string): readonly string[] {
  const outline = outlineOf(text)
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let at = 0; at < outline.length; at++) {
    const sign = outline[at] ?? ''
    if ('(['.includes(sign)) depth++
    else if (')]'.includes(sign)) depth--
    else if (sign === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** What follows a word outside of parentheses, up to one of the words that end it, the next comma outside of them, or the text's end. */
export function after(sql: string, word: RegExp, from: number, ends?: RegExp): string | undefined {
  const outline = flat(outlineOf(sql).slice(from))
  const match = word.exec(outline)
  if (!match) return undefined
  const start = match.index + match[0].length
  const rest = outline.slice(start)
  const stops = [rest.indexOf(','), rest.indexOf(';'), ends ? rest.search(ends) : -1].filter((each) => each >= 0)
  return sql.slice(from + start, from + start + Math.min(rest.length, ...stops)).trim()
}

/** An outline with blanks for what stands in parentheses and brackets. */
function flat(outline: string): string {
  let depth = 0
  return [...Array(outline.length).keys()]
    .map((at) => {
      const sign = outline[at] ?? ''
      if (')]'.includes(sign)) depth--
      const shown = depth === 0 ? sign : ' '
      if ('(['.includes(sign)) depth++
      return shown
    })
    .join('')
}

/** The expression of an index element, without the collation, operator class and order after it; undefined where it is not told from them. */
export function indexExpression(element: string): string | undefined {
  const outline = outlineOf(element)
  const open = outline.indexOf('(')
  if (open < 0) return undefined
  const end = closing(outline, open + 1) + 1
  return /^\s*(?:[\w$.]|\s)*$/.test(outline.slice(0, open)) ? element.slice(0, end).trim() : undefined
}
