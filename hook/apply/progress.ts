import { Failure } from '../failure.ts'
import type { Statement } from '../sql/parse.ts'
import type { Run, Work } from './work.ts'

/** Writes to the row of the file that runs. Throws MigrationFailed when the session has lost the run lock. */
export async function mark({ session }: Run, update: string, file: string): Promise<void> {
  if ((await session.query(update)).rowCount === 1) return
  throw new Failure('MigrationFailed', {
    summary: `${file} lost the run lock while it ran`,
    details: ['Without the lock, another migrator may be running.'],
    state: ['The history has the statements done so far.'],
    remedy:
      'remove pg_advisory_unlock_all() and DISCARD ALL from the file, or find out who ended the session, then retry',
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
