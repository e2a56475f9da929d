import { createHistory, type History, readHistory } from '../database/history.ts'
import type { Session } from '../database/session.ts'
import type { HistoryTable } from '../database/table.ts'
import type { Emit } from '../event.ts'

/** The history, made if there is none. Only called under the run lock. */
export async function openHistory(session: Session, table: HistoryTable, emit: Emit): Promise<History> {
  const history = await readHistory(session, table)
  if (!history.absent) return history
  await createHistory(session, table)
  emit({ event: 'history.created', table: `${table.schema}.${table.table}` })
  return { rows: [], absent: false }
}
