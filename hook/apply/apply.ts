import { MigrationError, Umzug } from 'umzug'
import { Failure } from '../failure.ts'
import type { Run } from './run.ts'
import { applyScriptAlone } from './script-alone.ts'
import { umzugStorage } from './storage.ts'
import { applyTransactional } from './transactional.ts'
import type { Work } from './work.ts'

/**
 * Runs the planned work in its order and returns the names. Umzug drives exactly these; what is to be done was decided by the plan.
 * Each migration settles its own history row in its own transaction, which Umzug's storage cannot do (umzug#708).
 * Throws the first migration's Failure, with what was done before it.
 */
export async function apply(run: Run, works: readonly Work[]): Promise<string[]> {
  const done: string[] = []
  const [first] = works
  if (!first) return done
  const perform = async (work: Work, position: number): Promise<void> => {
    const { name } = work.migration
    run.emit({ event: 'migration.started', name, direction: work.direction, position, total: works.length })
    const started = performance.now()
    await performerOf(work).then((performer) => performer(run, work))
    done.push(name)
    run.emit({ event: 'migration.applied', name, direction: work.direction, elapsed: performance.now() - started })
  }
  const umzug = new Umzug({
    migrations: works.map((work, index) => ({
      name: work.migration.name,
      path: work.migration.path,
      up: () => perform(work, index + 1),
      down: () => perform(work, index + 1),
    })),
    context: run,
    storage: umzugStorage(works),
    logger: undefined,
  })
  try {
    const names = works.map((work) => work.migration.name)
    await (first.direction === 'up'
      ? umzug.up({ migrations: names, rerun: 'SKIP' })
      : umzug.down({ migrations: names, rerun: 'SKIP' }))
    return done
  } catch (error) {
    throw withStory(error instanceof MigrationError ? error.cause : error, first.direction, done)
  }
}

type Performer = (run: Run, work: Work) => Promise<void>

/** The parser that splits a file into statements is only loaded for a file that needs it. */
async function performerOf({ migration }: Work): Promise<Performer> {
  if (migration.directives.transaction) return applyTransactional
  return migration.kind === 'script' ? applyScriptAlone : (await import('./stepwise.ts')).applyStepwise
}

function withStory(error: unknown, direction: Work['direction'], done: readonly string[]): unknown {
  if (!(error instanceof Failure)) return error
  const [verb, kept] = direction === 'up' ? ['Applied', 'kept'] : ['Reverted', 'reverted for good']
  const before =
    done.length === 0
      ? `Nothing was ${verb.toLowerCase()} before it in this run.`
      : `${verb} before it in this run, and ${kept}: ${done.join(', ')}.`
  return new Failure(error.reason, {
    summary: error.message,
    details: error.details,
    state: [...error.state, before],
    remedy: error.remedy,
    cause: error.cause,
  })
}
