import type { SqlError } from '../database/errors.ts'
import type { Migration } from '../migration/migration.ts'

export type Explanation = { readonly summary: string; readonly details: readonly string[] }

/**
 * Says where and why a migration's SQL failed: file, line, column, the line with a caret, SQLSTATE, detail, hint, context.
 * PostgreSQL gives a position only for errors of parsing and analysis. For an error while running, the number of statements
 * that had `completed` gives the statement, and PostgreSQL's own parser its first line.
 */
export async function explain(migration: Migration, error: SqlError, completed?: number): Promise<Explanation> {
  const { sql, file } = migration
  const offset = error.position ? offsetOfPosition(sql, Number(error.position)) : await startOfStatement(sql, completed)
  const place = offset === undefined ? undefined : locate(sql, offset)
  const where = place ? `${file}, line ${place.line}, column ${place.column}` : file
  return {
    summary: `${where}: ${error.message} (SQLSTATE ${error.code})`,
    details: [
      ...(place ? excerpt(place) : []),
      ...(error.detail ? [`Detail: ${error.detail}`] : []),
      ...(error.hint ? [`Hint: ${error.hint}`] : []),
      ...(error.where ? [`Context: ${error.where.replaceAll('\n', ' ← ')}`] : []),
    ],
  }
}

type Place = { readonly line: number; readonly column: number; readonly text: string }

/** Line and column, both counted from one as editors do, of an offset into the text. */
export function locate(text: string, offset: number): Place {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return {
    line: text.slice(0, start).split('\n').length,
    column: [...text.slice(start, offset)].length + 1,
    text: text.slice(start, end < 0 ? undefined : end),
  }
}

const widest = 100

/** The line and a caret below it; of a very long line, the part around the caret. */
function excerpt({ line, column, text }: Place): string[] {
  const characters = [...text.replaceAll('\t', ' ')]
  const from = characters.length <= widest ? 0 : Math.max(0, column - 1 - widest / 2)
  const shown = characters.slice(from, from + widest).join('')
  const gutter = String(line)
  return [`${gutter} | ${shown}`, `${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`]
}

/** PostgreSQL counts positions in characters from one; JavaScript counts UTF-16 units from zero. */
function offsetOfPosition(text: string, position: number): number {
  return [...text].slice(0, position - 1).join('').length
}

/** Where the statement after the completed ones starts; undefined when the parser cannot tell. */
async function startOfStatement(sql: string, completed: number | undefined): Promise<number | undefined> {
  if (completed === undefined) return undefined
  const { splitStatements } = await import('./statements.ts')
  const statements = await splitStatements(sql).catch(() => [])
  return statements[completed]?.offset
}
