import { MigrationError, Umzug } from 'umzug'
import type { HistoryTable } from '../database/history.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Applied, Migration } from '../migration/migration.ts'
import { applyTransactional } from './transactional.ts'

/**
 * Applies the planned migrations in their order and returns the names applied.
 * Umzug drives exactly these; what is pending was decided by the plan. Each migration writes its own history row inside its
 * own transaction, which Umzug's storage cannot do (umzug#708), so the storage only reads.
 * Throws the first migration's Failure, with what was applied before it.
 */
export async function apply(
  session: Session,
  table: HistoryTable,
  history: readonly Applied[],
  steps: readonly Migration[],
  emit: Emit,
): Promise<string[]> {
  const applied: string[] = []
  const umzug = new Umzug({
    migrations: steps.map((migration, index) => ({
      name: migration.name,
      path: migration.file,
      up: async ({ context }: { context: Session }) => {
        emit({ event: 'migration.started', name: migration.name, position: index + 1, total: steps.length })
        const started = performance.now()
        await applyTransactional(context, table, migration, emit)
        applied.push(migration.name)
        emit({ event: 'migration.applied', name: migration.name, elapsed: performance.now() - started })
      },
    })),
    context: session,
    storage: {
      executed: async () => history.map((row) => row.name),
      logMigration: async () => {},
      unlogMigration: async () => {},
    },
    logger: undefined,
  })
  try {
    await umzug.up()
    return applied
  } catch (error) {
    throw withStory(unwrap(error), applied)
  }
}

/** Umzug wraps what a migration threw into a MigrationError. */
function unwrap(error: unknown): unknown {
  return error instanceof MigrationError ? error.cause : error
}

function withStory(error: unknown, applied: readonly string[]): unknown {
  if (!(error instanceof Failure)) return error
  const before =
    applied.length === 0
      ? 'Nothing was applied before it in this run.'
      : `Applied before it in this run, and kept: ${applied.join(', ')}.`
  return new Failure(error.reason, {
    summary: error.message,
    details: error.details,
    state: [...error.state, before],
    remedy: error.remedy,
    cause: error.cause,
  })
}
