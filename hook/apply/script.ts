import { pathToFileURL } from 'node:url'
import { freshSession } from '../database/prepare.ts'
import { start } from '../database/record.ts'
import type { Session } from '../database/session.ts'
import type { Direction } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { asFailure } from './explain.ts'
import { retry } from './retry.ts'
import { commit, sendInTransaction } from './transaction.ts'
import { asksAfter, limitsOf, mayReset, type Run, setLimits, type Work } from './work.ts'

/** What a script migration gets: Umzug's arguments. `context` runs queries in the session that holds the run lock. */
export type ScriptParameters = {
  readonly name: string
  readonly path: string
  readonly context: Pick<Session, 'query'>
}

type Exports = { readonly [key in Direction]?: (parameters: unknown) => unknown }

/** Calls the function with what the tool gives it for which it is written. */
async function performed(
  { format, path }: Migration,
  direction: Direction,
  run: (parameters: unknown) => unknown,
  parameters: ScriptParameters,
): Promise<unknown> {
  const { query } = parameters.context
  switch (format) {
    case 'knex':
      return (await import('./knex-script.ts')).runForKnex(run, query)
    case 'kysely':
      return (await import('./kysely-script.ts')).runForKysely(run, query, path)
    case 'node-pg-migrate':
      return (await import('./pgm-script.ts')).runForPgm(run, query, direction)
    default:
      return run(parameters)
  }
}

/** Runs a script's `up` or `down` in the session; `ask` is what its queries go through. Throws what it throws, and MigrationFailed when it exports no such function. */
export async function runUserScript(
  { session, observer }: Run,
  migration: Migration,
  direction: Direction,
  asked: Session['query'] = session.query,
): Promise<void> {
  const { name, path } = migration
  const run = (await load(migration))[direction]
  const ask = observer ? (await import('./observed.ts')).observedQuery(session, observer, migration, asked) : asked
  if (typeof run !== 'function') throw exportsNothing(migration, direction)
  const ended = new AbortController()
  const open = new Set<Promise<unknown>>()
  const query: Session['query'] = (sql, values) => {
    // The line of the script is on the stack of the call; pg's own ends in its parser.
    const called = new Error()
    const answer = ended.signal.aborted ? Promise.reject(notAwaited(migration, direction)) : ask(sql, values)
    const told = answer.catch((error) => {
      if (error instanceof Error) error.stack += `\n${called.stack}`
      throw error
    })
    open.add(told)
    // Whoever awaits it gets the error; where nobody does, it must not end the process.
    told.catch(() => {}).finally(() => open.delete(told))
    return told
  }
  try {
    await Promise.race([
      performed(migration, direction, run, { name, path, context: { query } }),
      overdue(session.signal, direction, ended.signal),
    ])
    // Queries still under way would write into the next migration's transaction.
    if (open.size > 0) throw notAwaited(migration, direction)
  } finally {
    ended.abort()
    await Promise.allSettled(open)
  }
}

function notAwaited({ file }: Migration, direction: Direction): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} did not await a query: its ${direction} function ended before the query did`,
    state: ['The history does not mark it as applied.'],
    remedy: { kind: 'changeFiles', change: `await every context.query in ${file}` },
  })
}

/** Rejects a second after the signal: a script may wait for something that ignores the signal, and the run has to end. */
function overdue(signal: AbortSignal, direction: Direction, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const late = (): void => reject(new Error(`its ${direction} function did not return`))
    signal.addEventListener('abort', () => setTimeout(late, 1_000).unref(), { once: true, signal: ended })
  })
}

/** Loads a script; Node removes its types. CommonJS shows its exports as `default`. */
async function load({ path, file }: Migration): Promise<Exports> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Exports & { readonly default?: Exports }
    return module.up ? module : (module.default ?? module)
  } catch (error) {
    throw new Failure('MigrationFailed', {
      summary: `${file} cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      state: ['Nothing of it was run.'],
      remedy: `correct ${file}; a script can import only what the image contains, and use only TypeScript that Node can strip`,
      cause: error,
    })
  }
}

function exportsNothing({ file }: Migration, direction: Direction): Failure {
  return new Failure('MigrationFailed', {
    summary: `${file} exports no function ${direction}`,
    state: ['Nothing of it was run.'],
    remedy: `add to it: export async function ${direction}({ context }) { await context.query('…') }`,
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
    await session.queries(
      [...freshSession(session.major), ...setLimits(limitsOf(run.config, migration), 'set')].join(';'),
    )
    const keeping = mayReset.test(migration.text) ? await import('./own-settings.ts') : undefined
    await runUserScript(run, migration, direction, keeping?.queryKeepingSettings(run, migration, 'set'))
  }
  const kept = `${migration.file} runs without a transaction: what it did before the error is kept, and the next run calls it again from the start.`
  await retry(run, migration, attempt, (error) => asFailure(migration, error, kept))
  if (asksAfter(work)) return (await import('./conditions.ts')).askAndRecord(run, work, started)
  await sendInTransaction(run, migration, '')
  await commit(run, migration, work.settle(performance.now() - started))
}
