import { withoutPasswords } from './mask.ts'

/** A place in a file as editors show it: line and column count from one. */
export type Place = { readonly line: number; readonly column: number; readonly text: string }

/** The place of an offset, in UTF-16 units, in a text. Takes no memory for the text's length. */
export function locate(text: string, offset: number): Place {
  const start = offset > 0 ? text.lastIndexOf('\n', offset - 1) + 1 : 0
  const end = text.indexOf('\n', offset)
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < start; at = text.indexOf('\n', at + 1)) line++
  return { line, column: charactersIn(text, start, offset) + 1, text: text.slice(start, end < 0 ? undefined : end) }
}

/** What a server counts positions in: characters, or bytes where the database's encoding is SQL_ASCII. */
export type PositionUnit = 'characters' | 'bytes'

/** PostgreSQL counts positions from one, in characters or bytes of UTF-8; JavaScript counts UTF-16 units from zero. */
export function offsetOfPosition(text: string, position: number, unit: PositionUnit = 'characters'): number {
  let offset = 0
  for (let counted = 1; counted < position && offset < text.length; ) {
    const code = text.codePointAt(offset) ?? 0
    counted += unit === 'characters' ? 1 : bytesOf(code)
    offset += code > 0xffff ? 2 : 1
  }
  return offset
}

function bytesOf(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

function charactersIn(text: string, from: number, to: number): number {
  let characters = 0
  for (let at = from; at < to; characters++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return characters
}

const widest = 100

/** The line and a caret below it; of a very long line, the part around the caret. */
export function excerpt({ line, column, text }: Place): string[] {
  const masked = withoutPasswords(text).replaceAll('\t', ' ')
  const cut = charactersIn(masked, 0, Math.min(masked.length, widest * 2 + 2)) > widest
  const from = cut ? Math.max(0, column - 1 - widest / 2) : 0
  const start = offsetOfPosition(masked, from + 1)
  // A character takes at most two units.
  const shown = [...masked.slice(start, start + widest * 2)].slice(0, widest).join('')
  const gutter = String(line)
  return [`${gutter} | ${shown}`, `${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`]
}
