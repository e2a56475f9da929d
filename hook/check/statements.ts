import type { Migration } from '../migration/migration.ts'
import { readBlock, splitStatements, type Tree } from '../sql/parse.ts'
import { eachPiece } from '../sql/split.ts'

/** A statement that may matter, and where it stands in its file. */
export type Part = {
  readonly tree: Tree
  readonly sql: string
  /** Offset in the file's text, in UTF-16 units. */
  readonly offset: number
  /** From a byte offset of PostgreSQL's parser to one in the statement, in UTF-16 units. */
  readonly within: (at: number) => number
}

/** What may lock, break or create something, by its first words; a long INSERT of values is none. */
const matters =
  /^(?:alter|drop|truncate|reindex|cluster|vacuum|refresh|lock|revoke|update|delete|merge|with|do|set)\b|^create\b(?!\s+(?:or\s+replace\s+)?(?:function|procedure)\b)|^insert\b[\s\S]*\bselect\b|^select\b[\s\S]*\binto\b/i

/**
 * The statements of a file that may matter, by PostgreSQL's parser; a DO block stands as the statements in it. What it cannot read
 * is told to `unread`, with its offset.
 */
export async function partsOf(
  { text }: Migration,
  unread: (offset: number, error: unknown) => void,
): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const piece of eachPiece(text)) {
    if (!matters.test(piece.outline)) continue
    try {
      for (const { tree, sql, offset } of await splitStatements(piece.sql)) {
        const start = piece.offset + offset
        const within = (at: number): number => Buffer.from(piece.sql).subarray(0, at).toString().length - offset
        if (tree.DoStmt) parts.push(...(await partsOfBlock(sql, start, unread)))
        else parts.push({ tree, sql, offset: start, within })
      }
    } catch (error) {
      unread(piece.offset, error)
    }
  }
  return parts
}

/** What a DO block runs, each at the place of the block. */
async function partsOfBlock(
  sql: string,
  offset: number,
  unread: (offset: number, error: unknown) => void,
): Promise<Part[]> {
  const { statements, isDynamic } = await readBlock(`${sql};`)
  if (isDynamic) unread(offset, new Error('the block runs SQL that it makes while it runs (EXECUTE)'))
  const parts: Part[] = []
  for (const statement of statements) {
    const read = await splitStatements(statement).catch(() => [])
    parts.push(...read.map(({ tree, sql }) => ({ tree, sql, offset, within: () => 0 })))
  }
  return parts
}
