import { isSqlError, MessageError, rootCause, type SqlError } from '../database/errors.ts'
import { Failure, type Remedy } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { withoutQuotedSecrets, withoutSecrets } from '../sql/mask.ts'
import { excerpt, locate, type Place } from '../sql/place.ts'
import { replaceQuoted } from '../sql/quote.ts'
import { eachPiece } from '../sql/split.ts'

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
  if (kind === 'script') return placeInStack(text, path, error)
  const failed = error instanceof MessageError && error.part === 'text' ? error : undefined
  if (failed?.offset !== undefined) return placeShown(text, (start ?? 0) + failed.offset)
  const offset = start ?? (failed && offsetOfPiece(text, failed.completed))
  if (offset === undefined) return undefined
  const cause = rootCause(error)
  return placeShown(text, (isSqlError(cause) && offsetInBlock(text, offset, cause.where)) || offset)
}

/** Where the statement after so many others begins. */
function offsetOfPiece(text: string, before: number): number | undefined {
  let index = 0
  for (const { offset } of eachPiece(text)) if (index++ === before) return offset
  return undefined
}

/** A place with its line as it may be shown. */
export function placeShown(text: string, offset: number): Place {
  const place = locate(text, offset)
  const start = offset > 0 ? text.lastIndexOf('\n', offset - 1) + 1 : 0
  return { ...place, text: withoutSecrets(text, start, start + place.text.length) }
}

/**
 * Where in a DO block it failed: PL/pgSQL names the line of the block's body in the error's context, the outermost call last
 * (PostgreSQL docs 41.7 "Anonymous code blocks" are its `inline_code_block`).
 */
function offsetInBlock(text: string, start: number, where = ''): number | undefined {
  const line = Number([...where.matchAll(/inline_code_block line (\d+)/g)].at(-1)?.[1])
  if (!line) return undefined
  const body = bodyOf(text, start)
  if (body === undefined) return undefined
  let at = body
  for (let each = 1; each < line; each++) {
    at = text.indexOf('\n', at) + 1
    if (at === 0) return undefined
  }
  return at + (/^[ \t]*/.exec(text.slice(at, at + 1_000))?.[0].length ?? 0)
}

/** Where the body of a DO statement begins: after the opening of its first string. */
function bodyOf(text: string, start: number): number | undefined {
  const head = text.slice(start, start + 10_000)
  if (!/^do\b/i.test(head)) return undefined
  let [at, body]: [number, number | undefined] = [0, undefined]
  replaceQuoted(head, (quotation, opening) => {
    const from = head.indexOf(quotation, at)
    at = from + quotation.length
    if (opening.startsWith('$') || opening === "'") body ??= start + from + opening.length
    return quotation
  })
  return body
}

/** The innermost line of the script itself on the stack. */
function placeInStack(text: string, path: string, error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frame = stack.split('\n').find((line) => line.includes(path))
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? []
  if (!line || !column) return undefined
  return { line: Number(line), column: Number(column), text: text.split('\n')[Number(line) - 1] ?? '' }
}

/** What to do next about a migration that failed, as far as the error tells. */
export function remedyOf(migration: Migration, error: SqlError | undefined, place: Place | undefined): Remedy {
  const { file, name, kind, text, directives } = migration
  const directive = kind === 'script' ? '// lotse:' : '-- lotse:'
  const change = (change: string): Remedy => ({ kind: 'changeFiles', change })
  const runAgain = (after: string): Remedy => ({ kind: 'runAgain', after })
  switch (error?.code) {
    case '42501':
      if (error.message.startsWith('must be owner of'))
        return runAgain(
          'GRANT the role of the owner to the role Lotse connects as (or connect as the owner: migrations.database in the chart)',
        )
      if (error.message.startsWith('permission denied to create extension'))
        return runAgain('let a superuser run that CREATE EXTENSION in this database')
      return runAgain('grant the missing privilege to the role Lotse connects as, or SET ROLE to the owner in the file')
    case '0A000':
    case '58P01':
      if (/extension "[^"]*" is not available|could not open extension control file/.test(error.message))
        return runAgain('install the extension on the database server')
      break
    case '42704':
    case '42883':
      if (extensionOf(error.message))
        return change(
          `add CREATE EXTENSION IF NOT EXISTS ${extensionOf(error.message)} to ${file} before it is used (if the extension is there, write the schema that has it before the name)`,
        )
      break
    case '53100':
      return runAgain('give the server more disk space')
    case '57014':
      if (error.message.startsWith('COPY')) return change(writeInserts(file))
      if (error.message.endsWith('user request')) return runAgain('find out who cancelled the statement')
      return change(`give it more time with "${directive} statement-timeout" in ${file}, or make it faster`)
    case '42601':
      if (place?.text.startsWith('\\')) return change(`remove the line from ${file} (a psql command, not SQL)`)
      if (copiesFromStdin(text, place)) return change(writeInserts(file))
      break
    case '25001': // cannot run inside a transaction block
    case '2D000': // a procedure that commits
    case '55P04': // a new value of an enum, not committed yet
      if (directives.transaction) return change(`put "${directive} no-transaction" at the head of ${file}`)
  }
  if (!file.endsWith('.down.sql')) return { kind: 'correctFile', file }
  return {
    kind: 'text',
    text: `correct ${file}, run lotse repair accept ${name} to take it over (Lotse reverts by the SQL in the history), and run lotse down again`,
  }
}

/** Whether a COPY FROM STDIN stands before the line, or in it. */
function copiesFromStdin(text: string, place: Place | undefined): boolean {
  const copy = /\bcopy\b[^;]{0,2000}?\bfrom\s+stdin\b/i.exec(text)
  return copy !== null && locate(text, copy.index).line <= (place?.line ?? Number.POSITIVE_INFINITY)
}

/** The extension that has a type or function that PostgreSQL did not find (PostgreSQL docs, appendix F, and PostGIS). */
function extensionOf(message: string): string | undefined {
  const name = /^(?:type "?|function |operator class ")(?:\w+\.)?(\w+)/.exec(message)?.[1]
  return {
    citext: 'citext',
    hstore: 'hstore',
    ltree: 'ltree',
    vector: 'vector',
    geometry: 'postgis',
    geography: 'postgis',
    gin_trgm_ops: 'pg_trgm',
    gist_trgm_ops: 'pg_trgm',
    similarity: 'pg_trgm',
    uuid_generate_v4: '"uuid-ossp"',
    uuid_generate_v1: '"uuid-ossp"',
    crypt: 'pgcrypto',
    gen_salt: 'pgcrypto',
    digest: 'pgcrypto',
    unaccent: 'unaccent',
  }[name ?? '']
}

/** What follows COPY … FROM STDIN is no SQL: psql sends it apart (PostgreSQL docs, COPY, "File Formats"). */
function writeInserts(file: string): string {
  return `write the rows of ${file} as INSERT (pg_dump --inserts; only psql can send the data of COPY FROM STDIN)`
}
