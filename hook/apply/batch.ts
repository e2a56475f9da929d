import { isSqlError, MessageError } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Backfilled, Batch } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { offsetOfPosition } from '../sql/place.ts'

/** How the server is to write keys, so that it reads each of them as the same value in any other session. */
export const exactKeys = [
  `set local datestyle = 'ISO, MDY'`,
  `set local intervalstyle = 'postgres'`,
  'set local extra_float_digits = 1',
]

/**
 * The least key and the greatest one of a table; undefined when it is empty. There is no min() of every ordered type. Without its `k` a
 * key in ORDER BY would be the column that is returned, which is text.
 */
export async function boundsOf(session: Session, { table, key }: Backfilled): Promise<Batch | undefined> {
  const end = (direction: 'asc' | 'desc'): string =>
    `(select k.${key}::text from ${table} as k where k.${key} is not null order by k.${key} ${direction} limit 1)`
  const [row] = (await session.query(`select ${end('asc')} as "from", ${end('desc')} as "to"`)).rows
  return row?.from === null ? undefined : row
}

/**
 * Runs the statement of a backfill, or its script's function `batch`, for one batch in the open transaction. Returns the rows changed.
 * Throws MessageError about the text, and what a script throws.
 */
export async function sendBatch(session: Session, migration: Migration, batch: Batch): Promise<number> {
  const { kind, text } = migration
  if (kind === 'script') return (await import('./script.ts')).runScriptBatch(session, migration, batch)
  try {
    return (await session.query(text, [batch.from, batch.to])).rowCount ?? 0
  } catch (error) {
    const position = isSqlError(error) && error.position ? Number(error.position) : undefined
    const offset = position === undefined ? undefined : offsetOfPosition(text, position)
    throw new MessageError({ part: 'text', completed: 0, offset }, 1, error)
  }
}
