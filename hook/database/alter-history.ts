import { literal } from '../sql/quote.ts'
import type { HistoryTable } from './lock.ts'
import type { AskingSession, Session } from './session.ts'

/**
 * Columns that a history table of an earlier Lotse lacks, and gets only once there is something to keep in them. Lotse names the columns
 * that it reads and writes, so an older one goes on with such a table, and the format stays the same.
 */

/** Whether the history table exists and has this column. */
export async function hasColumn(session: AskingSession, table: HistoryTable, column: string): Promise<boolean> {
  const { rows } = await session.query(
    `select exists (select from pg_attribute where attrelid = to_regclass(${literal(table.sql)}) and attname = ${literal(column)} and not attisdropped) as there`,
  )
  return rows[0].there
}

/** SQL that adds a column for JSON. */
export function addingColumn(table: HistoryTable, column: string): string {
  return `alter table ${table.sql} add column ${column} jsonb`
}

/**
 * Changes the history table in a transaction of its own, waiting for its lock no longer than `patience` milliseconds, so that gates do not
 * wait long behind it. Only called under the run lock. Rejects with the server's error after rolling back.
 */
export async function alterHistory(session: Session, statements: readonly string[], patience: number): Promise<void> {
  try {
    await session.queries(['begin', `set local lock_timeout = ${patience}`, ...statements, 'commit'].join('; '))
  } catch (error) {
    await session.cleanUp('rollback')
    throw error
  }
}
