import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import type { OtherHistory } from './known-table.ts'
import { matchRows } from './recorded-rows.ts'
import { tools } from './tools.ts'

/** Whether a table outside of the search_path says of a migration of this folder that it is applied. What cannot be read does not say it. */
export async function hasRowsOf(
  session: Session,
  history: OtherHistory,
  folder: readonly Migration[],
): Promise<boolean> {
  if (!history.readable) return false
  for (const { from } of history.known) {
    if (!from) continue
    const matched = await matchRows(session, { history, tool: tools[from] }, folder).catch(unlessHidden)
    if (matched && matched.taken.length > 0) return true
  }
  return false
}

function unlessHidden(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error
}
