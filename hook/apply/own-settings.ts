import { MessageError } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Migration } from '../migration/migration.ts'
import { piecesOf } from '../sql/split.ts'
import { settingsTakenBy } from './taken-settings.ts'
import { beginStatements, sendText } from './transaction.ts'
import type { Run } from './work.ts'

/**
 * RESET ALL in a file is meant for what the file has set. PostgreSQL takes back what Lotse has set as well: the limits, what tells a dead
 * client, and the mark of the transaction. All of it is set again right after such a statement; a limit alone after RESET of that limit.
 */

/** Opens the transaction and sends the file in it, in parts that end with what takes settings back. Rejects as sendInTransaction() does. */
export async function sendKeepingSettings(run: Run, migration: Migration): Promise<void> {
  const { text } = migration
  const pieces = piecesOf(text)
  let before: readonly string[] = beginStatements(run, migration)
  let [from, done] = [0, 0]
  for (const [index, { offset, sql, outline }] of pieces.entries()) {
    const again = settingsTakenBy(run, migration, outline, 'set local')
    const isLast = index === pieces.length - 1
    if (again.length === 0 && !isLast) continue
    const to = isLast ? text.length : offset + sql.length + 1
    try {
      await sendText(run, migration, before, text.slice(from, to))
    } catch (error) {
      throw error instanceof MessageError ? moved(error, from, done) : error
    }
    before = again
    ;[from, done] = [to, index + 1]
  }
  if (before.length > 0) await run.session.send({ before })
}

/** The same error, by its place in the whole file. */
function moved({ part, completed, offset, cause }: MessageError, from: number, done: number): MessageError {
  const at = { part, completed: completed + done, offset: offset === undefined ? undefined : offset + from }
  return new MessageError(at, 1, cause)
}

/** A session's `query` that sets again what a query has taken back: for a script, in its transaction or without one. */
export function queryKeepingSettings(run: Run, migration: Migration, set: 'set' | 'set local'): Session['query'] {
  return async (sql, values) => {
    const answer = await run.session.query(sql, values)
    const again = piecesOf(sql).flatMap(({ outline }) => settingsTakenBy(run, migration, outline, set))
    if (again.length > 0) await run.session.queries(again.join('; '))
    return answer
  }
}
