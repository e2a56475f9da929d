import { pathToFileURL } from 'node:url'
import { freshSession } from '../database/prepare.ts'
import { start } from '../database/record.ts'
import type { Session } from '../database/session.ts'
import type { Direction } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Batch } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { asFailure } from './explain.ts'
import { retry } from './retry.ts'
import { commit, endedTransaction, inTransaction, sendInTransaction } from './transaction.ts'
import { asksAfter, limitsOf, markTransaction, mayReset, type Run, setLimits, type Work } from './work.ts'

/** What a script migration gets: Umzug's arguments. `context` runs queries in the session that holds the run lock. */
export type ScriptParameters = {
  readonly name: string
  readonly path: string
  readonly context: Pick<Session, 'query'>
}

/** What Lotse calls in a script: `batch` in a backfill, which changes the rows of one batch. */
type Called = Direction | 'batch'

type Exports = { readonly [key in Called]?: (parameters: unknown) => unknown }

/** Calls the function with what the tool gives it for which it is written. */
async function performed(
  { format, path }: Migration,
  called: Called,
  run: (parameters: unknown) => unknown,
  parameters: ScriptParameters,
): Promise<unknown> {
  const { query } = parameters.context
  // No tool but Lotse has batches.
  if (called === 'batch') return run(parameters)
  switch (format) {
    case 'knex':
      return (await import('./knex-script.ts')).runForKnex(run, query)
    case 'kysely':
      return (await import('./kysely-script.ts')).runForKysely(run, query, path)
    case 'node-pg-migrate':
      return (await import('./pgm-script.ts')).runForPgm(run, query, called)
    default:
      return run(parameters)
  }
}

/**
 * Runs what a script exports in the session, a `batch` with its keys; `asked` is what its queries go through. Throws what it throws, and MigrationFailed
 * when it exports no such function.
 */
export async function runUserScript(
  { session, observer }: Pick<Run, 'session' | 'observer'>,
  migration: Migration,
  called: Called,
  asked: Session['query'] = session.query,
  batch?: Batch,
): Promise<void> {
  const { name, path } = migration
  const run = (await load(migration))[called]
  const ask = observer ? (await import('./observed.ts')).observedQuery(session, observer, migration, asked) : asked
  if (typeof run !== 'function') throw exportsNothing(migration, called)
  const ended = new AbortController()
  const open = new Set<Promise<unknown>>()
  const query: Session['query'] = (sql, values) => {
    // The line of the script is on the stack of the call; pg's own ends in its parser.
    const trace = new Error()
    const answer = ended.signal.aborted ? Promise.reject(notAwaited(migration, called)) : ask(sql, values)
    const told = answer.catch((error) => {
      if (error instanceof Error) error.stack += `\n${trace.stack}`
      throw error
    })
    open.add(told)
    // Whoever awaits it gets the error; where nobody does, it must not end the process.
    told.catch(() => {}).finally(() => open.delete(told))
    return told
  }
  try {
    await Promise.race([
      performed(migration, called, run, { name, path, context: { query }, ...batch }),
      overdue(session.signal, called, ended.signal),
    ])
    // Queries still under way would write into the next migration's transaction.
    if (open.size > 0) throw notAwaited(migration, called)
  } finally {
    ended.abort()
    await Promise.allSettled(open)
  }
}

/** Commands whose rows are changed ones. */
const changes = ['INSERT', 'UPDATE', 'DELETE', 'MERGE']

/**
 * Runs a script's `batch` in the open transaction. Returns the rows that its queries changed. Throws what it throws, and MigrationFailed when it ended
 * the transaction, with which its batch and the cursor would come apart.
 */
export async function runScriptBatch(session: Session, migration: Migration, batch: Batch): Promise<number> {
  let changed = 0
  const query: Session['query'] = async (sql, values) => {
    const answer = await session.query(sql, values)
    // Several statements in one query have an answer each.
    for (const { command, rowCount } of [answer].flat()) if (changes.includes(command)) changed += rowCount ?? 0
    return answer
  }
  await session.queries(markTransaction)
  await runUserScript({ session }, migration, 'batch', query, batch)
  const [proof] = (await session.query(`select ${inTransaction} as open`)).rows
  if (!proof?.open) throw endedTransaction(migration)
  return changed
}

function notAwaited({ file }: Migration, called: Called): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} did not await a query: its ${called} function ended before the query did`,
    state: ['The history does not mark it as applied.'],
    remedy: { kind: 'changeFiles', change: `await every context.query in ${file}` },
  })
}

/** Rejects a second after the signal: a script may wait for something that ignores the signal, and the run has to end. */
function overdue(signal: AbortSignal, called: Called, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const late = (): void => reject(new Error(`its ${called} function did not return`))
    signal.addEventListener('abort', () => setTimeout(late, 1_000).unref(), { once: true, signal: ended })
  })
}

/** Loads a script; Node removes its types. CommonJS shows its exports as `default`. Throws MigrationFailed when it cannot be loaded. */
export async function load({ path, file }: Migration): Promise<Exports> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Exports & { readonly default?: Exports }
    return module.up || module.batch ? module : (module.default ?? module)
  } catch (error) {
    throw new Failure('MigrationFailed', {
      summary: `${file} cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      state: ['Nothing of it was run.'],
      remedy: `correct ${file}; a script can import only what the image contains, and use only TypeScript that Node can strip`,
      cause: error,
    })
  }
}

function exportsNothing({ file }: Migration, called: Called): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} exports no function ${called}`,
    state: ['Nothing of it was run.'],
    remedy: `add to it: export async function ${called}({ context }) { await context.query('…') }`,
  })
}

/**
 * Runs a script without a transaction: each of its queries commits by itself. Its row says that it was started; after an
 * interruption the next run calls it again from the start, so it must be safe to run twice.
 */
export async function applyScriptAlone(run: Run, work: Work): Promise<void> {
  const { session, table } = run
  const { migration, direction } = work
  const started = performance.now()
  await start(session, table, migration, direction)
  const attempt = async (): Promise<void> => {
    await session.queries([...freshSession(session), ...setLimits(limitsOf(run.config, migration), 'set')].join(';'))
    const keeping = mayReset.test(migration.text) ? await import('./own-settings.ts') : undefined
    await runUserScript(run, migration, direction, keeping?.queryKeepingSettings(run, migration, 'set'))
  }
  const kept = `${migration.file} runs without a transaction: what it did before the error is kept, and the next run calls it again from the start.`
  await retry(run, migration, attempt, (error) => asFailure(migration, error, kept))
  if (asksAfter(work)) return (await import('./conditions.ts')).askAndRecord(run, work, started)
  await sendInTransaction(run, migration, '')
  await commit(run, migration, work.settle(performance.now() - started))
}
