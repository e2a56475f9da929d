import { Failure } from '../failure.ts'
import type { Statement } from '../sql/parse.ts'
import type { Run, Work } from './work.ts'

/** Writes to the row of the file that runs. Throws MigrationFailed when the session has lost the run lock. */
export async function mark({ session }: Run, update: string, file: string): Promise<void> {
  if ((await session.query(update)).rowCount === 1) return
  throw new Failure('MigrationFailed', {
    summary: `${file} lost the run lock while it ran`,
    details: ['Without the lock another migrator may be at work.'],
    state: ['The statements done so far are recorded.'],
    remedy:
      'remove pg_advisory_unlock_all() and DISCARD ALL from the file, or see who ended the session, and run it again',
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
    summary: `${migration.file} was edited before the place where it has to continue: its statement ${edited + 1} is done already`,
    details: [`${done.length} of its statements are done. What comes after them may be corrected, they may not.`],
    state: ['Nothing was changed by this run.'],
    remedy:
      direction === 'up'
        ? `put the first ${done.length} statements back; or finish it by hand and say so with lotse repair applied ${migration.name}`
        : `put the first ${done.length} statements back`,
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
