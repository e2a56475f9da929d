import { addingColumn, alterHistory, hasColumn } from './alter-history.ts'
import { isSqlError } from './errors.ts'
import type { HistoryTable, PieceOfWork } from './lock.ts'
import type { AskingSession, Session } from './session.ts'

/**
 * What the check foresaw of migrations, kept in their rows of the history beside how long each took, so that later estimates know what
 * this server gets through. A table of an earlier Lotse has no column for it. An older Lotse names the columns that it reads and writes, so the format stays the same.
 */

/** A migration that was applied, with its work and how long it took, in milliseconds. */
export type PastWork = PieceOfWork & { readonly elapsed: number }

/** The latest first; none where nothing was kept, or the role may not read it. */
export async function readPastWork(session: AskingSession, table: HistoryTable): Promise<readonly PastWork[]> {
  try {
    if (!(await hasColumn(session, table, 'work'))) return []
    const { rows } = await session.query(
      `select work, duration_ms from ${table.sql} where work is not null and state = 'applied' order by position desc limit 50`,
    )
    return rows.map(({ work, duration_ms }) => ({ ...work, elapsed: Number(duration_ms) }))
  } catch (error) {
    if (isSqlError(error) && !session.lostBy(error)) return []
    throw error
  }
}

/**
 * The history table as one that keeps this work; as it is where it cannot: an estimate is no reason to keep a migration from running. Waits
 * for no lock longer than gates can wait for their answer. Only called under the run lock.
 */
export async function keepingWork(
  session: Session,
  table: HistoryTable,
  foreseen: ReadonlyMap<string, PieceOfWork>,
): Promise<HistoryTable> {
  try {
    if (!(await hasColumn(session, table, 'work'))) await alterHistory(session, [addingColumn(table, 'work')], 1_000)
    return { ...table, foreseen }
  } catch (error) {
    if (!isSqlError(error) || session.lostBy(error)) throw error
    return table
  }
}
