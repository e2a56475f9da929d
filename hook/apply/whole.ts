import { codeOf, isSqlError } from '../database/errors.ts'
import { holdsLock, keepsLock } from '../database/lock.ts'
import { ScriptError } from '../database/script.ts'
import { endedTransaction, lostLock, ownership, withoutPosition } from './commit.ts'
import { inTransaction, sendInTransaction } from './open.ts'
import { piecesOf } from './pieces.ts'
import type { Run } from './run.ts'
import type { Work } from './work.ts'

/**
 * Opens the transaction, sends the file, settles its row and commits, in one message that stops at the first error. The row's duration
 * is divided by the proof that commit() gives. Returns false when the server could not read the message: then it has run nothing
 * of it, and explains it better when it is sent the file alone.
 */
export async function sendWhole(run: Run, { migration, settle }: Work): Promise<boolean> {
  const { session, table } = run
  const elapsed = `date_part('epoch', clock_timestamp() - now()) * 1000`
  const row = settle({ sql: `${elapsed} / (${inTransaction} and ${keepsLock(table)})::int` })
  try {
    await sendInTransaction(run, migration, migration.text, ['\n', ...ownership, row, 'commit'].join(';\n'))
    return true
  } catch (error) {
    if (!(error instanceof ScriptError && isSqlError(error.cause))) throw error
    if (error.tags.length === 0) return false
    if (error.completed < piecesOf(migration.text).length + ownership.length) throw error
    if (codeOf(error.cause) !== '22012') throw withoutPosition(error.cause)
    await session.cleanUp('rollback')
    const { rows } = await session.query(`select ${holdsLock(table)} as held`)
    throw rows[0].held ? endedTransaction(migration) : lostLock(migration)
  }
}
