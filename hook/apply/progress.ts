import { upsert } from '../database/record.ts'
import { Failure } from '../failure.ts'
import type { Statement } from '../sql/parse.ts'
import type { Run, Work } from './work.ts'

/** How far a file has come: checksums of the statements that are done, and of the one that was begun and not seen to end. */
export type Progress = { readonly done: readonly string[]; readonly underWay: string | undefined }

/** Creates or finds the row that says this file is under way. */
export async function begin({ session, table }: Run, { migration, direction }: Work): Promise<Progress> {
  const state = direction === 'up' ? 'started' : 'reverting'
  const { name, checksum, directives } = migration
  const { rows } = await session.query(`select state, statements, under_way from ${table.sql} where name = $1`, [name])
  if (rows[0]?.state === state) return { done: rows[0].statements, underWay: rows[0].under_way ?? undefined }
  if (direction === 'up')
    await session.query(
      upsert(session, table, {
        name,
        checksum,
        state,
        breaking: directives.breaking,
        down_sql: migration.down?.text ?? null,
        down_checksum: migration.down?.checksum ?? null,
      }),
    )
  else
    await session.query(`update ${table.sql} set state = $2, statements = '{}', under_way = null where name = $1`, [
      name,
      state,
    ])
  return { done: [], underWay: undefined }
}

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

export function kept({ migration }: Work, index: number, total: number): string {
  const before =
    index === 0
      ? 'Nothing of it is done'
      : index === 1
        ? 'Its first statement is done and kept'
        : `Its first ${index} statements are done and kept`
  return `${migration.file} runs without a transaction. ${before}; the next run continues at statement ${index + 1} of ${total}.`
}
