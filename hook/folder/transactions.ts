import { type Piece, piecesOf } from '../sql/split.ts'

/** What other tools' files say of transactions without a mark. Texts keep their length, so that every place in them stays true. */

const opens = /^(?:begin|start\s+transaction)(?:\s+(?:work|transaction))?\s*$/i
const closes = /^(?:commit|end)(?:\s+(?:work|transaction))?\s*$/i
const controls = /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b(?!\s+to\b)/i
const mayOpen = /^[ \t]*(?:begin|start\s+transaction)\b/im

/**
 * A text without the BEGIN … COMMIT that it is wrapped in as a whole, blanks in their place; undefined when it is not, or controls
 * its transaction in any other way as well.
 */
export function unwrapped(text: string): string | undefined {
  if (!mayOpen.test(text)) return undefined
  const pieces = piecesOf(text)
  const [first, last] = [pieces[0], pieces.at(-1)]
  if (!first || !last || first === last || !opens.test(first.outline) || !closes.test(last.outline)) return undefined
  if (pieces.slice(1, -1).some(({ outline }) => controls.test(outline))) return undefined
  return blank(blank(text, last), first)
}

/** With its semicolon. */
function blank(text: string, { offset, sql }: Piece): string {
  const end = offset + sql.length + (text[offset + sql.length] === ';' ? 1 : 0)
  return text.slice(0, offset) + text.slice(offset, end).replace(/[^\n]/g, ' ') + text.slice(end)
}

/** What PostgreSQL refuses inside a transaction block (25001), by its own words. */
const alone =
  /^(?:create\s+(?:unique\s+)?index\s+concurrently|drop\s+index\s+concurrently|reindex\b[\s\S]*\bconcurrently|reindex\s+(?:\([^)]*\)\s*)?(?:schema|database|system)|vacuum\b|(?:create|drop)\s+(?:database|tablespace|subscription)|alter\s+system|alter\s+table\b[\s\S]*\bdetach\s+partition\b[\s\S]*\bconcurrently|discard\s+all)\b/i
const mayBeAlone = /\b(?:concurrently|reindex|vacuum|database|tablespace|subscription|system|discard)\b/i

/** How many statements a text has, and how many of them cannot run in a transaction. */
export function countAlone(text: string): { readonly statements: number; readonly alone: number } {
  if (!mayBeAlone.test(text)) return { statements: 0, alone: 0 }
  const pieces = piecesOf(text)
  return { statements: pieces.length, alone: pieces.filter(({ outline }) => alone.test(outline)).length }
}

/** Whether a text is one statement that cannot run in a transaction: a tool that sends a file as one message can run just that. */
export function isAlone(text: string): boolean {
  const { statements, alone } = countAlone(text)
  return statements === 1 && alone === 1
}
