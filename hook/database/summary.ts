import { isSqlError } from './errors.ts'
import { assertFormat, commentOf } from './format.ts'
import type { Session } from './session.ts'
import type { HistoryTable } from './table.ts'

/** The history in one row, computed in the server. */
export type Summary = {
  readonly amount: number
  /** Equals digestOf() of a folder when exactly its migrations are applied, unedited. */
  readonly digest: string
}

/**
 * Sums the history up, so that a run with nothing to do need not fetch thousands of rows. An unreadable one has no summary;
 * readHistory() says why. Sorted and hashed as JavaScript does it: by code unit, and in the client's encoding, UTF-8.
 */
export async function readSummary(session: Session, table: HistoryTable): Promise<Summary | undefined> {
  try {
    const [comment, summary] = await session.queries(
      `${commentOf(table)};
       select count(*)::int as amount, encode(sha256(textsend(string_agg(line, '' order by line collate "C"))), 'hex') as digest
         from (select name || '/' || checksum || '/' || state || '/' as line from ${table.sql}) as lines`,
    )
    assertFormat(table, comment?.rows[0].text)
    return summary?.rows[0]
  } catch (error) {
    if (isSqlError(error)) return undefined
    throw error
  }
}
