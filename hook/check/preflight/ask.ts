import { isSqlError } from '../../database/errors.ts'
import type { AskingSession } from '../../database/session.ts'
import { lookOf } from './relations.ts'

/** A query that names rows, the settings that its file has made, and whether its tables are small. */
export type Asking = { readonly sql: string; readonly settings: readonly string[]; readonly small: boolean }

/** What came of it: rows, what the server said after how many milliseconds at most, or nothing, since the time for all was over. */
export type Reply<Row> =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'error'; readonly error: unknown; readonly limit: number }
  | { readonly kind: 'late' }

/** Questions about small tables that are sent as one message. */
const most = 50

/**
 * Asks questions in their order, each in a read-only transaction that ends with it; those about small tables share one, since a
 * thousand files would take a thousand round trips. `limit`, in milliseconds, is what one may take, and none is asked after the deadline.
 * Throws where the session is lost, or the run has to end.
 */
export async function askAll<Row>(
  session: AskingSession,
  all: readonly Asking[],
  limit: number,
  deadline: number,
): Promise<readonly Reply<Row>[]> {
  const replies: Reply<Row>[] = []
  while (replies.length < all.length) {
    const batch = batchFrom(all, replies.length)
    const together = batch.length > 1 ? await ask(batch) : undefined
    if (together?.every(({ kind }) => kind === 'rows')) replies.push(...together)
    // One of them fails: each by itself tells which.
    else for (const each of batch) replies.push(...(await ask([each])))
  }
  return replies

  async function ask(batch: readonly Asking[]): Promise<readonly Reply<Row>[]> {
    const left = Math.min(limit, deadline - performance.now())
    if (left < 1) return batch.map(() => ({ kind: 'late' }))
    try {
      const sql = batch.map((each) => each.sql).join(';\n')
      const results = await session.queries(lookOf(sql, batch[0]?.settings ?? [], left))
      // The last one is that of ROLLBACK.
      return results.slice(-1 - batch.length, -1).map(({ rows }) => ({ kind: 'rows', rows }))
    } catch (error) {
      if (!isSqlError(error) || session.lostBy(error) || session.signal.aborted) throw error
      await session.cleanUp('rollback')
      return batch.map(() => ({ kind: 'error', error, limit: left }))
    }
  }
}

/** The question at an index, with those after it that may share its message. */
function batchFrom(all: readonly Asking[], index: number): readonly Asking[] {
  const settings = all[index]?.settings.join(';\n')
  const rest = all.slice(index, index + most)
  const end = rest.findIndex((each) => !each.small || each.settings.join(';\n') !== settings)
  return rest.slice(0, Math.max(1, end < 0 ? rest.length : end))
}
