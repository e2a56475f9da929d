/** The two directions of a file that holds both, each with the other's lines left empty so that line numbers stay true. */
export type Sections = { readonly up: string; readonly down: string | undefined }

/** How other tools mark the directions inside one file. Run as a whole, such a file would revert itself at once. */
const markers = [
  { up: /^--\s*up migration\b/i, down: /^--\s*down migration\b/i }, // node-pg-migrate
  { up: /^--\s*migrate:up\b/i, down: /^--\s*migrate:down\b/i }, // dbmate
  { up: /^--\s*\+goose\s+up\b/i, down: /^--\s*\+goose\s+down\b/i }, // goose
  { up: /^--\s*\+micrate\s+up\b/i, down: /^--\s*\+micrate\s+down\b/i }, // micrate
]

/** Other tools' way to say no-transaction: goose, graphile-migrate, dbmate. */
const withoutTransaction =
  /^--\s*(\+goose\s+no\s+transaction|!\s*no-transaction|migrate:(up|down)\b.*\btransaction:\s*false)/im

/** Separates the directions of an SQL file of node-pg-migrate, dbmate, goose or micrate; any other file is all `up`. */
export function splitSections(text: string): Sections {
  if (!text.includes('-- ')) return { up: text, down: undefined }
  const lines = text.split('\n')
  const found = markers.find(({ down }) => lines.some((line) => down.test(line)))
  if (!found) return { up: text, down: undefined }
  let inDown = false
  const up: string[] = []
  const down: string[] = []
  for (const line of lines) {
    if (found.down.test(line)) inDown = true
    else if (found.up.test(line)) inDown = false
    up.push(inDown ? '' : line)
    down.push(inDown ? line : '')
  }
  return { up: up.join('\n'), down: down.join('\n') }
}

/** Whether a file asks for no transaction in another tool's words. */
export function asksForNoTransaction(text: string): boolean {
  return withoutTransaction.test(text)
}
