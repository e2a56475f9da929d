import { isConnectionLost, isSqlError } from '../database/errors.ts'
import { type HistoryTable, record } from '../database/history.ts'
import { ScriptError, type Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { explain } from './explain.ts'

/** A setting of the open transaction only: PostgreSQL forgets it at COMMIT and at ROLLBACK alike. */
const marker = 'lotse.transaction'

/**
 * Applies a file and records it in one transaction: both happen or neither.
 * Throws MigrationFailed that points at the statement, after rolling back; also when the file ended the transaction itself.
 */
export async function applyTransactional(
  session: Session,
  table: HistoryTable,
  migration: Migration,
  emit: Emit,
): Promise<void> {
  const started = performance.now()
  await session.query(`begin; set local ${marker} = 'open'`)
  try {
    await session.runScript(migration.sql, (notice) =>
      emit({ event: 'migration.notice', name: migration.name, ...notice }),
    )
    await assertSameTransaction(session, migration)
    await record(session, table, migration, performance.now() - started)
    await session.query('commit')
  } catch (error) {
    await session.cleanUp('rollback')
    throw await asFailure(migration, error)
  }
}

async function assertSameTransaction(session: Session, migration: Migration): Promise<void> {
  const { rows } = await session.query(`select current_setting('${marker}', true) as state`)
  if (rows[0].state === 'open') return
  throw new Failure('MigrationFailed', {
    summary: `${migration.file} ended the transaction it runs in, with a COMMIT or ROLLBACK of its own`,
    details: ['Lotse opens a transaction around every file and records the file in it; a file must not end it.'],
    state: [`${migration.file} was NOT recorded, but what it committed itself is in the database.`],
    remedy: 'remove BEGIN, COMMIT and ROLLBACK from the file, undo by hand what it committed, and run it again',
  })
}

async function asFailure(migration: Migration, error: unknown): Promise<unknown> {
  if (error instanceof Failure) return error
  const completed = error instanceof ScriptError ? error.completed : undefined
  const cause = error instanceof ScriptError ? error.cause : error
  if (isConnectionLost(cause)) return connectionLost(migration, cause)
  if (!isSqlError(cause)) return cause
  const { summary, details } = await explain(migration, cause, completed)
  return new Failure('MigrationFailed', {
    summary,
    details,
    state: [`${migration.file} was rolled back and left nothing behind.`],
    remedy: `correct ${migration.file}, build the image again and repeat the same helm upgrade`,
    cause,
  })
}

function connectionLost(migration: Migration, cause: unknown): Failure {
  return new Failure('Interrupted', {
    summary: `the connection was lost while ${migration.file} ran: ${cause instanceof Error ? cause.message : cause}`,
    state: ['PostgreSQL rolls back what was open; the history tells the next run what was committed.'],
    remedy: 'run it again; it continues from the history',
    cause,
  })
}
