import { isSqlError, rootCause, type SqlError } from '../database/errors.ts'
import { ScriptError } from '../database/script.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { piecesOf } from './pieces.ts'
import { excerpt, locate, offsetOfPosition, type Place } from './place.ts'
import { remedyOf } from './remedy.ts'
import { withoutQuotedSecrets, withoutSecrets } from './secrets.ts'

/**
 * Turns what a migration threw into MigrationFailed: file, line, column, the line with a caret, SQLSTATE, detail, hint, context.
 * `state` says in what state that left the migration. What is no error of the migration is returned as it came.
 */
export function asFailure(migration: Migration, error: unknown, state: string, start?: number): unknown {
  if (error instanceof Failure) return error
  const cause = rootCause(error)
  const sqlError = isSqlError(cause) ? cause : undefined
  const place = placeOf(migration, error, start)
  const where = place ? `${migration.file}, line ${place.line}, column ${place.column}` : migration.file
  const message = withoutQuotedSecrets(cause instanceof Error ? cause.message : String(cause))
  return new Failure('MigrationFailed', {
    summary: sqlError ? `${where}: ${message} (SQLSTATE ${sqlError.code})` : `${where}: ${message}`,
    details: [...(place ? excerpt(place) : []), ...(sqlError ? fields(sqlError) : [])],
    state: [state],
    remedy: remedyOf(migration, sqlError, place),
    cause,
  })
}

function fields({ detail, hint, where }: SqlError): string[] {
  return [
    ...(detail ? [`Detail: ${detail}`] : []),
    ...(hint ? [`Hint: ${hint}`] : []),
    ...(where ? [`Context: ${where.replaceAll('\n', ' ← ')}`] : []),
  ].map(withoutQuotedSecrets)
}

/**
 * PostgreSQL gives a position only for errors of parsing and analysis. For an error while running, the number of statements that
 * had ended gives the statement. `start` is where the sent statement begins in the file, when it was sent alone.
 */
function placeOf({ kind, text, path }: Migration, error: unknown, start?: number): Place | undefined {
  const cause = rootCause(error)
  if (kind === 'script') return placeInStack(text, path, error)
  const locateShown = (offset: number): Place => locate(withoutSecrets(text), offset)
  if (isSqlError(cause) && cause.position) {
    const offset = offsetOfPosition(text.slice(start ?? 0), Number(cause.position))
    return locateShown((start ?? 0) + offset)
  }
  if (start !== undefined) return locateShown(start)
  if (!(error instanceof ScriptError)) return undefined
  const piece = piecesOf(text)[error.completed]
  return piece && locateShown(piece.offset)
}

/** The innermost line of the script itself on the stack. */
function placeInStack(text: string, path: string, error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frame = stack.split('\n').find((line) => line.includes(path))
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? []
  if (!line || !column) return undefined
  return { line: Number(line), column: Number(column), text: text.split('\n')[Number(line) - 1] ?? '' }
}
