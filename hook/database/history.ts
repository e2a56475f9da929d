import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { Failure } from '../failure.ts'
import type { Applied, Migration } from '../migration/migration.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Session } from './session.ts'

/** The table of what was applied: its name, quoted for SQL. */
export type HistoryTable = { readonly schema: string; readonly table: string; readonly sql: string }

export function historyTable({ schema, table }: { schema: string; table: string }): HistoryTable {
  return { schema, table, sql: `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}` }
}

/**
 * Reads the history in the order of applying; undefined when the table does not exist yet (42P01, 3F000).
 * Throws PlanRefused when the role may not read it.
 */
export async function readHistory(session: Session, table: HistoryTable): Promise<Applied[] | undefined> {
  try {
    const { rows } = await session.query(`select name, checksum from ${table.sql} order by position`)
    return rows as Applied[]
  } catch (error) {
    if (['42P01', '3F000'].includes(codeOf(error))) return undefined
    throw permission(table, error, `GRANT SELECT, INSERT ON ${table.sql}`)
  }
}

/** Creates the history table. Only called under the run lock, since `if not exists` races with itself on a unique index. */
export async function createHistory(session: Session, table: HistoryTable): Promise<void> {
  const text = await readFile(new URL('./history.sql', import.meta.url), 'utf8')
  try {
    await session.query(text.replaceAll(':table', () => table.sql))
  } catch (error) {
    throw permission(table, error, `GRANT CREATE ON SCHEMA ${pg.escapeIdentifier(table.schema)}`)
  }
}

/** Records a migration in the transaction that is open in the session. */
export async function record(
  session: Session,
  table: HistoryTable,
  migration: Migration,
  elapsed: number,
): Promise<void> {
  await session.query(
    `insert into ${table.sql} (name, checksum, duration_ms, applied_by, release)
     values ($1, $2, $3, session_user || coalesce(' from ' || $4::text, ''), $5)`,
    [migration.name, migration.checksum, Math.round(elapsed), session.identity.pod, session.identity.release],
  )
}

function permission(table: HistoryTable, error: unknown, grant: string): unknown {
  switch (codeOf(error)) {
    case '42501':
      return new Failure('PlanRefused', {
        summary: `the history table ${table.sql} is out of reach: ${messageOf(error)} (SQLSTATE 42501)`,
        state: ['Nothing was changed.'],
        remedy: `${grant} to the migrating user, or put the history into another schema with LOTSE_SCHEMA`,
        cause: error,
      })
    case '3F000':
      return new Failure('PlanRefused', {
        summary: `the schema ${table.schema} for the history table does not exist (SQLSTATE 3F000)`,
        state: ['Nothing was changed.'],
        remedy: `CREATE SCHEMA ${pg.escapeIdentifier(table.schema)}, or name another schema with LOTSE_SCHEMA`,
        cause: error,
      })
    default:
      return error
  }
}
