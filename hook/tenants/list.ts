import { strangeName, type Tenants } from '../config/tenants.ts'
import { isSqlError, type SqlError } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'

/**
 * Asks the query for the names of the tenants; returns them in the order of their names, which stays the same whatever the query says.
 * The query can change nothing: it is a single statement in a read-only transaction. Throws ConfigInvalid for one that
 * fails, and for names that cannot be tenants: none, NULL, one name twice, a schema or database that does not exist.
 */
export async function listTenants(session: Session, tenants: Tenants): Promise<readonly string[]> {
  const { kind, source } = tenants
  const names = namesIn(await ask(session, tenants), tenants)
  const { rows } = await session.query(
    kind === 'schema'
      ? `select name from unnest($1::text[]) as name where not exists (select from pg_namespace where nspname = name)`
      : `select name from unnest($1::text[]) as name where not exists (select from pg_database where datname = name and datallowconn)`,
    [names],
  )
  if (rows.length > 0)
    throw invalid(source, `returns ${quoted(rows.map(({ name }) => name))}, but there is no such ${kind}`, {
      remedy: `create the ${kind}, or let the query leave it out`,
    })
  return names
}

async function ask(session: Session, { query, source }: Tenants): Promise<readonly (readonly unknown[])[]> {
  await session.query('begin transaction read only')
  try {
    const { rows, fields } = await session.ask(query)
    if (fields.length !== 1)
      throw invalid(source, `returns ${fields.length || 'no'} columns; it has to return one, the names`)
    return rows
  } catch (error) {
    if (!isSqlError(error) || session.lostBy(error)) throw error
    throw failed(source, error)
  } finally {
    await session.cleanUp('rollback')
  }
}

/** The names in what the query returned. Pure. */
export function namesIn(
  rows: readonly (readonly unknown[])[],
  { kind, source }: Pick<Tenants, 'kind' | 'source'>,
): readonly string[] {
  if (rows.length === 0)
    throw invalid(source, `returns no ${kind}`, { remedy: `let it return the name of at least one ${kind}` })
  const names = rows.map(([value]) => {
    if (value === null) throw invalid(source, 'returns NULL for a name', { remedy: 'leave such rows out of the query' })
    if (typeof value !== 'string' && typeof value !== 'number')
      throw invalid(source, `returns something that is no name; cast it to text`)
    const strange = strangeName(kind, String(value))
    if (strange) throw invalid(source, `returns what cannot be a tenant: ${strange}`)
    return String(value)
  })
  const twice = repeated(names)
  if (twice.length > 0)
    throw invalid(source, `returns ${quoted(twice)} more than once`, { remedy: 'write SELECT DISTINCT' })
  return names.sort()
}

/** At most five names. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
}

function failed(source: string, error: SqlError): Failure {
  const message = `${withoutQuotedSecrets(error.message)} (SQLSTATE ${error.code})`
  const hint = error.hint ? { details: [`Hint: ${withoutQuotedSecrets(error.hint)}`] } : {}
  switch (error.code) {
    case '25006':
      return invalid(source, `would change something: ${message}`, { remedy: 'let it read only' })
    case '42601':
      return invalid(source, `is not one SQL query: ${message}`, hint)
    case '42501':
      return invalid(source, `is not allowed: ${message}`, {
        remedy: 'grant what it reads to the role that Lotse connects as',
      })
    default:
      return invalid(source, `fails: ${message}`, hint)
  }
}

function invalid(
  source: string,
  what: string,
  { details = [], remedy = 'correct the query' }: { details?: readonly string[]; remedy?: string } = {},
): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the query for tenants (${source}) ${what}`,
    details,
    state: ['Nothing was changed.'],
    remedy: { kind: 'runAgain', after: remedy },
  })
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return [...new Set(names.filter((name) => seen.size === seen.add(name).size))]
}
