import { isSqlError } from '../database/errors.ts'
import { ScriptError } from '../database/script.ts'
import { resetSession } from '../database/settings.ts'
import type { Migration } from '../migration/migration.ts'
import type { Run } from './run.ts'

/** A setting of the open transaction only: PostgreSQL forgets it at COMMIT and at ROLLBACK alike. */
export const inTransaction = `current_setting('lotse.transaction', true) = 'open'`

/** Opens the transaction and sends SQL in it, as one message. Errors are told in terms of the SQL. */
export async function sendInTransaction(run: Run, migration: Migration, sql: string, closing = ''): Promise<void> {
  const opening = beginStatements(run, migration)
  const before = `${opening.join('; ')};\n`
  try {
    await run.session.runScript(before + sql + closing, (notice) =>
      run.emit({ event: 'migration.notice', name: migration.name, ...notice }),
    )
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    const { cause, completed, tags } = error
    if (isSqlError(cause) && cause.position)
      Object.assign(cause, { position: `${Number(cause.position) - before.length}` })
    throw new ScriptError(completed - opening.length, tags, cause)
  }
}

/** What opens the transaction: every migration finds the session in the same state. */
export function beginStatements(run: Run, migration: Migration): string[] {
  const remark = `/* lotse: ${migration.file.replaceAll('*', '')} */ begin`
  return [
    remark,
    ...resetSession(run.session.major),
    `set local lotse.transaction = 'open'`,
    ...timeouts(run, migration, 'set local'),
  ]
}

/** The limits for one wait for a table lock and for one statement, in milliseconds; 0 is none. */
export function timeouts({ config }: Run, { directives }: Migration, set: 'set' | 'set local'): string[] {
  const lock = directives.lockTimeout ?? config.budget.lockTimeout
  const statement = directives.statementTimeout ?? config.budget.statementTimeout
  return [`${set} lock_timeout = ${lock}`, `${set} statement_timeout = ${statement}`]
}
