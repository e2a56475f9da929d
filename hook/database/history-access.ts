import { Failure, type Remedy } from '../failure.ts'
import { identifier, literal } from '../sql/quote.ts'
import { codeOf, isConnectionLost, isSqlError, messageOf } from './errors.ts'
import type { HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * Why the history cannot be used, and what makes it usable. A remedy never leads to a second history where there may be one already:
 * every migration would run again.
 */

/** What the history is used for. */
export type Purpose = keyof typeof needed

/** The privileges on the table that a purpose needs; the last one is checked before anything runs. */
export const needed = {
  look: ['select'],
  apply: ['select', 'update', 'insert'],
  revert: ['select', 'update', 'delete'],
} as const

/** PlanRefused with the grants that are missing for a purpose, and who can give them. */
export async function refusedAccess(
  session: Session,
  table: HistoryTable,
  purpose: Purpose,
  error?: unknown,
): Promise<Failure> {
  const privileges = needed[purpose]
  const { rows } = await session.query(
    `select current_user as role, pg_get_userbyid(c.relowner) as owner, pg_get_userbyid(n.nspowner) as "schemaOwner",
            has_schema_privilege(n.oid, 'usage') as usage, c.relrowsecurity as secured,
            exists (select from pg_policy where polrelid = c.oid and not polpermissive) as restricted,
            ${privileges.map((each) => `has_table_privilege(c.oid, '${each}') as "${each}"`).join(', ')}
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${literal(table.schema)} and c.relname = ${literal(table.table)}`,
  )
  const [facts] = rows
  if (!facts)
    return refused(table, error, await schemaRemedy(session, table, purpose === 'look' ? 'USAGE' : 'USAGE, CREATE'))
  const role = identifier([facts.role])
  const missing = privileges.filter((each) => !facts[each]).map((each) => each.toUpperCase())
  const grants = [
    ...(facts.usage ? [] : [`GRANT USAGE ON SCHEMA ${identifier([table.schema])} TO ${role}`]),
    ...(missing.length > 0 ? [`GRANT ${missing.sort().join(', ')} ON ${table.sql} TO ${role}`] : []),
  ]
  const owners = [...(facts.usage ? [] : [facts.schemaOwner]), facts.owner]
  const as = [...new Set(owners)].join(' and ')
  // Row level security is reported as a missing privilege; with all of them granted, nothing else is left.
  if (grants.length === 0 && facts.secured) {
    const opening = facts.restricted ? undefined : openingPolicy(table, facts.role, purpose)
    return hidden(table, error, facts.owner, opening)
  }
  return new Failure('PlanRefused', {
    summary: `cannot access the history table ${table.sql}: ${error ? `${messageOf(error)} (SQLSTATE 42501)` : `${facts.role} lacks ${missing.join(', ')}`}`,
    details: [`Its owner is ${facts.owner}; Lotse is connected as ${facts.role}.`],
    state: ['Nothing was changed.'],
    remedy: { kind: 'grant', statements: grants, as },
    cause: error,
  })
}

/** Commands as pg_policy has them, by what the history is used for. */
const commands = { look: ['r'], apply: ['r', 'a', 'w'], revert: ['r', 'w', 'd'] } as const

/**
 * The purposes for which the policies of row level security leave a role every row, the one Lotse connects as by default: one lets it
 * (USING (true)), and none restricts it (PostgreSQL docs 5.9 "Row Security Policies"). None where the table has no such policy.
 */
export async function openPolicies(
  session: Session,
  table: HistoryTable,
  role?: string,
): Promise<ReadonlySet<Purpose>> {
  const asked = role === undefined ? 'current_user' : `${literal(role)}::name`
  const { rows } = await session.query(
    `select p.polcmd as command, p.polpermissive as permissive,
            coalesce(pg_get_expr(p.polqual, c.oid), 'true') = 'true'
              and coalesce(pg_get_expr(p.polwithcheck, c.oid), pg_get_expr(p.polqual, c.oid), 'true') = 'true' as open
       from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${literal(table.schema)} and c.relname = ${literal(table.table)}
        and exists (select from unnest(p.polroles) as role where role = 0 or pg_has_role(${asked}, role, 'usage'))`,
  )
  const isOpen = (command: string): boolean => {
    const concerned = rows.filter((row) => row.command === command || row.command === '*')
    return concerned.every((row) => row.permissive || row.open) && concerned.some((row) => row.permissive && row.open)
  }
  const purposes = Object.keys(commands) as Purpose[]
  return new Set(purposes.filter((purpose) => commands[purpose].every(isOpen)))
}

/** PlanRefused for a change of the table itself, which only its owner may make. */
export async function notOwner(session: Session, table: HistoryTable, sql: string, error: unknown): Promise<Failure> {
  const { rows } = await session.query(
    `select pg_get_userbyid(relowner) as owner from pg_class where oid = ${literal(table.sql)}::regclass`,
  )
  return refused(table, error, { kind: 'grant', statements: [sql], as: rows[0]?.owner ?? 'its owner' })
}

/** SQL that shows a role every row for a purpose, and leaves row level security on for everybody else: a host may want it so. */
export function openingPolicy({ sql }: HistoryTable, role: string, purpose: Purpose): string {
  const command = purpose === 'look' ? 'SELECT' : 'ALL'
  return `CREATE POLICY ${identifier([`lotse ${command.toLowerCase()} ${role}`])} ON ${sql} FOR ${command} TO ${identifier([role])} USING (true)`
}

function hidden(table: HistoryTable, error: unknown, owner: string, opening: string | undefined): Failure {
  const why = error ? `hides rows of the history table ${table.sql}: ${messageOf(error)} (SQLSTATE 42501)` : undefined
  return new Failure('PlanRefused', {
    summary: `row level security ${why ?? `lets Lotse read the history table ${table.sql}, but not write it`}`,
    details: error ? ['A history with hidden rows looks as if migrations were pending that are applied.'] : [],
    state: ['Nothing was changed.'],
    remedy: {
      kind: 'grant',
      statements: [opening ?? `ALTER TABLE ${table.sql} DISABLE ROW LEVEL SECURITY`],
      as: owner,
    },
    cause: error,
  })
}

/** What an error says that came while the history was read or created; the error itself where it is not about that. */
export async function outOfReach(session: Session, table: HistoryTable, error: unknown): Promise<unknown> {
  // A lost connection, a pooler's answer (08), a time limit: nothing of the history's own.
  if (isConnectionLost(error) || session.lostBy(error) || /^(08|57014|55P03)/.test(codeOf(error))) return error
  const schema = identifier([table.schema])
  switch (codeOf(error)) {
    case '42501':
      return refused(table, error, await schemaRemedy(session, table, 'USAGE, CREATE'))
    case '42703':
    case '42P10':
      return new Failure('PlanRefused', {
        summary: `table ${table.sql} exists but is not a Lotse history table: ${messageOf(error)} (SQLSTATE ${codeOf(error)})`,
        details: await otherHistories(session),
        state: ['Nothing was changed.'],
        remedy: 'set LOTSE_HISTORY_TABLE to the name of the history, or to a free name if this database has none',
        cause: error,
      })
    case '3F000':
      return new Failure('PlanRefused', {
        summary: `the schema ${table.schema} for the history table does not exist (SQLSTATE 3F000)`,
        details: await otherHistories(session),
        state: ['Nothing was changed.'],
        remedy: `if another schema has the history of this application, set LOTSE_SCHEMA to it; if there is none yet, CREATE SCHEMA ${schema}`,
        cause: error,
      })
  }
  if (!isSqlError(error)) return error
  return new Failure('PlanRefused', {
    summary: `cannot create the history table ${table.sql}: ${messageOf(error)} (SQLSTATE ${codeOf(error)})`,
    details: error.where ? [`Context: ${error.where.replaceAll('\n', ' ← ')}`] : [],
    state: ['Nothing was changed.'],
    remedy: {
      kind: 'runAgain',
      after: error.where
        ? 'let the function named in the context (an event trigger, SELECT * FROM pg_event_trigger) accept this table'
        : 'remove what prevents it',
    },
    cause: error,
  })
}

/** What lets the role create the table. With CREATE on the schema, only an event trigger can be in the way. */
async function schemaRemedy(session: Session, table: HistoryTable, privileges: string): Promise<Remedy> {
  const { rows } = await session.query(
    `select current_user as role, pg_get_userbyid(nspowner) as owner, has_schema_privilege(oid, 'usage') and has_schema_privilege(oid, 'create') as both
       from pg_namespace where nspname = ${literal(table.schema)}`,
  )
  const [facts] = rows
  if (facts?.both)
    return {
      kind: 'runAgain',
      after:
        'let the event trigger that changes new tables (SELECT * FROM pg_event_trigger) leave this one to its creator',
    }
  const role = facts ? identifier([facts.role]) : 'the role Lotse connects as'
  const grant = `GRANT ${privileges} ON SCHEMA ${identifier([table.schema])} TO ${role}`
  return { kind: 'grant', statements: [grant], as: facts?.owner ?? 'the owner of the schema' }
}

function refused(table: HistoryTable, error: unknown, remedy: string | Remedy): Failure {
  return new Failure('PlanRefused', {
    summary: `cannot access the history table ${table.sql}: ${messageOf(error)} (SQLSTATE 42501)`,
    state: ['Nothing was changed.'],
    remedy,
    cause: error,
  })
}

/** The histories that this database has, in a line for people; none where there is none. */
async function otherHistories(session: Session): Promise<string[]> {
  const { rows } = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and obj_description(c.oid, 'pg_class') like 'Lotse history, format %' order by 1 limit 10`,
  )
  const names = rows.map((row) => row.name)
  return names.length > 0 ? [`Lotse histories in this database: ${names.join(', ')}`] : []
}
