import { upsert } from '../database/row.ts'
import { resetSession } from '../database/settings.ts'
import { literal } from '../database/table.ts'
import { commit } from './commit.ts'
import { asFailure } from './explain.ts'
import { sendInTransaction, timeouts } from './open.ts'
import { retry } from './retry.ts'
import type { Run } from './run.ts'
import { runUserScript } from './script.ts'
import type { Work } from './work.ts'

/**
 * Runs a script without a transaction: each of its queries commits by itself. Its row says that it was started; after an
 * interruption the next run calls it again from its beginning, so it must bear that.
 */
export async function applyScriptAlone(run: Run, work: Work): Promise<void> {
  const { session, table } = run
  const { migration, direction } = work
  const { name, checksum, directives } = migration
  const started = performance.now()
  const state = direction === 'up' ? 'started' : 'reverting'
  await session.query(
    direction === 'up'
      ? upsert(session, table, { name, checksum, state, breaking: directives.breaking })
      : `update ${table.sql} set state = '${state}' where name = ${literal(name)}`,
  )
  const attempt = async (): Promise<void> => {
    await session.queries([...resetSession(session.major), ...timeouts(run, migration, 'set')].join(';'))
    await runUserScript(run, migration, direction)
  }
  const kept = `${migration.file} runs without a transaction: what it did before the error is kept, and the next run calls it again.`
  await retry(run, migration, attempt, (error) => asFailure(migration, error, kept))
  await sendInTransaction(run, migration, '')
  await commit(run, migration, work.settle(performance.now() - started))
}
