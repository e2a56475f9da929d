/** A place in a file as editors show it: line and column count from one. */
export type Place = { readonly line: number; readonly column: number; readonly text: string }

/** The place of an offset, in UTF-16 units, in a text. */
export function locate(text: string, offset: number): Place {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return {
    line: text.slice(0, start).split('\n').length,
    column: [...text.slice(start, offset)].length + 1,
    text: text.slice(start, end < 0 ? undefined : end),
  }
}

/** PostgreSQL counts positions in characters from one; JavaScript counts UTF-16 units from zero. */
export function offsetOfPosition(text: string, position: number): number {
  return [...text].slice(0, position - 1).join('').length
}

/** `PASSWORD 'secret'` with the secret's characters masked one by one, so that the caret stays where it points. */
function maskPasswords(line: string): string {
  return line.replace(
    /(password\s*=?\s*)'([^']*)'/gi,
    (_, before: string, secret: string) => `${before}'${'•'.repeat([...secret].length)}'`,
  )
}

const widest = 100

/** The line and a caret below it; of a very long line, the part around the caret. */
export function excerpt({ line, column, text }: Place): string[] {
  const characters = [...maskPasswords(text.replaceAll('\t', ' '))]
  const from = characters.length <= widest ? 0 : Math.max(0, column - 1 - widest / 2)
  const shown = characters.slice(from, from + widest).join('')
  const gutter = String(line)
  return [`${gutter} | ${shown}`, `${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`]
}
