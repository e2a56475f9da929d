import { isSqlError } from '../database/errors.ts'
import type { HistoryTable } from '../database/lock.ts'
import { Failure } from '../failure.ts'
import type { Statement } from '../sql/parse.ts'
import type { Run, Work } from './work.ts'

/** Writes to the row of the file that runs. Throws MigrationFailed when the session has lost the run lock. */
export async function mark({ session, table }: Run, update: string, file: string): Promise<void> {
  const { rowCount } = await session.query(update).catch((error) => {
    throw isSqlError(error) && ['42P01', '3F000'].includes(error.code) && !error.where
      ? tookHistory(file, table)
      : error
  })
  if (rowCount === 1) return
  throw new Failure('MigrationFailed', {
    summary: `${file} lost the run lock while it ran`,
    details: ['Without the lock, another migrator may be running.'],
    state: ['The history has the statements done so far.'],
    remedy:
      'remove pg_advisory_unlock_all() and DISCARD ALL from the file, or find out who ended the session, then retry',
  })
}

/** What ran outside of a transaction took the history away for good. */
function tookHistory(file: string, { sql }: HistoryTable): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} dropped or renamed the history table ${sql}`,
    details: ['Lotse records applied migrations there; without it every migration would run again.'],
    state: ['It runs without a transaction, so the table is gone.'],
    remedy: `rename or restore ${sql}, or record with lotse baseline --to NAME what the database has; and remove from ${file} what took it away`,
  })
}

/** Throws PlanRefused when a statement that is done already was edited. */
export function assertPrefix(
  { migration, direction }: Work,
  statements: readonly Statement[],
  done: readonly string[],
): void {
  const edited = done.findIndex((hash, index) => statements[index]?.hash !== hash)
  if (edited < 0) return
  throw new Failure('PlanRefused', {
    summary: `${migration.file} was edited before the point where it continues: its statement ${edited + 1} is already done`,
    details: [
      `${done.length} of its statements are done. You can edit the statements after them, but not the ones already done.`,
    ],
    state: ['This run changed nothing.'],
    remedy:
      direction === 'up'
        ? `restore the first ${done.length} statements; or finish the file by hand and run lotse repair applied ${migration.name}`
        : `restore the first ${done.length} statements`,
  })
}

/** What a failure leaves of a file that runs without a transaction. */
export function kept({ migration }: Work, index: number, total: number): string {
  const before =
    index === 0
      ? 'Nothing of it is done'
      : index === 1
        ? 'Its first statement is done and kept'
        : `Its first ${index} statements are done and kept`
  return `${migration.file} runs without a transaction. ${before}; the next run continues at statement ${index + 1} of ${total}.`
}
