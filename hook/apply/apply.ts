import { MigrationError, Umzug, type UmzugStorage } from 'umzug'
import { SessionOutdated } from '../database/errors.ts'
import type { Event } from '../event.ts'
import { Failure } from '../failure.ts'
import { holdsNoStatement } from '../sql/split.ts'
import { applyTransactional } from './in-one-transaction.ts'
import { applyScriptAlone } from './script.ts'
import type { Run, Work } from './work.ts'

/**
 * Runs the planned work in its order and notes in `run.progress` what is done. Umzug drives exactly these; what is to be done was decided by the plan.
 * Each migration settles its own history row in its own transaction, which Umzug's storage cannot do (umzug#708).
 * Throws the first migration's Failure, with what was done before it; SessionOutdated when the rest needs a new session.
 */
export async function apply(run: Run, works: readonly Work[]): Promise<void> {
  const { progress } = run
  const [first] = works
  if (!first) return
  // Logged while the server works on the next one: a run of many small files spends much of its time on its log.
  let applied: Event[] = []
  const tell = (...next: Event[]): void => {
    for (const event of [...applied, ...next]) run.emit(event)
    applied = []
  }
  const perform = async (work: Work, position: number): Promise<void> => {
    const { migration, direction } = work
    const { name } = migration
    const started = performance.now()
    progress.running = name
    const performed = performerOf(work)(run, work)
    tell({ event: 'migration.started', name, direction, position, total: works.length })
    if (migration.kind === 'sql' && holdsNoStatement(migration.text))
      tell({ event: 'migration.notice', name, severity: 'NOTICE', message: `${migration.file} holds no statement` })
    await performed
    progress.done.add(name)
    progress.running = undefined
    applied.push({ event: 'migration.applied', name, direction, elapsed: performance.now() - started })
  }
  const last = works.findIndex(({ migration: { text, conditions = {} } }) =>
    [text, conditions.check?.text ?? '', conditions.verify?.text ?? ''].some(outlivesReset),
  )
  const now = last < 0 ? works : works.slice(0, last + 1)
  const umzug = new Umzug({
    migrations: now.map((work, index) => ({
      name: work.migration.name,
      path: work.migration.path,
      up: () => perform(work, index + 1),
      down: () => perform(work, index + 1),
    })),
    context: run,
    storage: umzugStorage(now),
    logger: undefined,
  })
  try {
    const names = now.map((work) => work.migration.name)
    await (first.direction === 'up'
      ? umzug.up({ migrations: names, rerun: 'SKIP' })
      : umzug.down({ migrations: names, rerun: 'SKIP' }))
    if (now.length < works.length) throw new SessionOutdated(names.at(-1) ?? '')
  } catch (error) {
    throw withStory(error instanceof MigrationError ? error.cause : error, first.direction, [...progress.done])
  } finally {
    tell()
  }
}

type Performer = (run: Run, work: Work) => Promise<void>

/** The parser that splits a file into statements is only loaded for a file that needs it. */
function performerOf(work: Work): Performer {
  if (work.direction === 'down' || !work.migration.conditions?.check) return mannerOf(work)
  return async (run, work) => {
    await (await import('./conditions.ts')).askBefore(run, work.migration)
    await mannerOf(work)(run, work)
  }
}

function mannerOf({ migration }: Work): Performer {
  const { backfill } = migration.directives
  if (backfill) return async (run, work) => (await import('./whole-backfill.ts')).applyWhole(run, work, backfill)
  if (migration.directives.transaction) return applyTransactional
  if (migration.kind === 'script') return applyScriptAlone
  return async (run, work) => (await import('./statement-by-statement.ts')).applyStepwise(run, work)
}

function withStory(error: unknown, direction: Work['direction'], done: readonly string[]): unknown {
  if (!(error instanceof Failure)) return error
  const [verb, kept] = direction === 'up' ? ['Applied', 'kept'] : ['Reverted', 'reverted for good']
  const before =
    done.length === 0
      ? `Nothing was ${verb.toLowerCase()} before it in this run.`
      : `${verb} before it in this run, and ${kept}: ${done.join(', ')}.`
  return error.with({ state: [before] })
}

/**
 * What Umzug has to know to run exactly the planned work: to apply, none of it is executed; to revert, all of it is. Umzug records
 * after `up` has returned (umzug#708), which is too late: each migration has settled its history row in its own transaction by then.
 */
export function umzugStorage(works: readonly Work[]): UmzugStorage {
  return {
    executed: async () => works.filter((work) => work.direction === 'down').map((work) => work.migration.name),
    logMigration: async () => {},
    unlogMigration: async () => {},
  }
}

/**
 * What new sessions alone begin with: settings of a role or a database, and what a BEGIN takes before anything can be reset. A file may
 * have megabytes without a semicolon: what is looked for between two words is bounded.
 */
const defaults =
  /\balter\s+(?:database|role|user|system)\b[^;]{0,500}\b(?:set|reset)\b|\bdefault_transaction_\w|\bsession\s+characteristics\b/i

/** A setting with a dot in its name: once set, it stays known to the session, as an empty text. */
const custom = /\bset\s+(?:session\s+|local\s+)?"?\w+"?\s*\.\s*"?\w|\bset_config\s*\(\s*e?'[^']*\./i

/** Locks, libraries and connections of the session, the seed of random(), and LISTEN, which UNLISTEN only ends at COMMIT. */
const held =
  /\bpg_(?:try_)?advisory_lock|\blisten\s+[\w"]|\bload\s+'|\bdblink_connect|\bsetseed\b|\bset\s+seed\b|\bpg_replication_origin_session_/i

/**
 * Whether SQL, or a script that sends it, may leave something behind in its session, or change what a new one begins with, that no
 * RESET and no DISCARD takes back. Told from words: a comment may say too much, a function that exists already says nothing.
 */
export function outlivesReset(text: string): boolean {
  return defaults.test(text) || custom.test(text) || held.test(text)
}
