import { codeOf, rootCause } from '../database/errors.ts'
import { freshSession, resetSession } from '../database/prepare.ts'
import { markUnderWay, remember, start } from '../database/record.ts'
import { detachedPartition, isConcurrentReindex, mayCommit, needsNoTransaction } from '../sql/kinds.ts'
import { type Statement, splitStatements, type Tree } from '../sql/parse.ts'
import { locate } from '../sql/place.ts'
import { settingsBefore } from '../sql/settings.ts'
import { resumeIndexBuild, resumeIndexDrop } from './concurrently/index-build.ts'
import { resumeDetach, resumeReindex } from './concurrently/reindex-and-detach.ts'
import { type Resumption, repeatable } from './concurrently/resumption.ts'
import { assertPrefix, kept, mark } from './done-statements.ts'
import { asFailure } from './explain.ts'
import { rollingBack } from './in-one-transaction.ts'
import { retry } from './retry.ts'
import { commit, type Surroundings, sendInTransaction } from './transaction.ts'
import { asksAfter, limitsOf, type Run, setLimits, type Work } from './work.ts'

/**
 * Runs a file without a transaction, statement by statement, and remembers each: the next run continues after the last one that is
 * done. A statement that can run in a transaction shares one with its remembering; before any other the catalogue is asked.
 * Throws MigrationFailed that says which statements are done, PlanRefused when one of those was edited since.
 */
export async function applyStepwise(run: Run, work: Work): Promise<void> {
  const { migration } = work
  const started = performance.now()
  const statements = await splitStatements(migration.text)
  const { done, underWay } = await start(run.session, run.table, migration, work.direction)
  assertPrefix(work, statements, done)
  for (const [index, statement] of statements.entries()) {
    if (index < done.length) continue
    const { line } = locate(migration.text, statement.offset)
    run.emit({ event: 'statement.started', name: migration.name, position: index + 1, total: statements.length, line })
    const surroundings = {
      fresh: index === done.length,
      settings: settingsBefore(statements, index),
      start: statement.offset,
    }
    await retry(
      run,
      migration,
      rollingBack(run, attemptOf(run, work, statement, surroundings, underWay === statement.hash)),
      (error) => asFailure(migration, error, kept(work, index, statements.length), statement.offset),
    )
  }
  if (asksAfter(work)) return (await import('./conditions.ts')).askAndRecord(run, work, started)
  await sendInTransaction(run, migration, '')
  await commit(run, migration, work.settle(performance.now() - started))
}

function attemptOf(
  run: Run,
  work: Work,
  statement: Statement,
  surroundings: Surroundings,
  resumed: boolean,
): () => Promise<void> {
  const { session, table } = run
  const { migration } = work
  const resumption = resumptionOf(statement.tree)
  let again = resumed
  const done = remember(table, migration.name, statement.hash)
  // RESET ALL would take Lotse's settings as well; that the file's are gone shows in what is repeated.
  const sql = statement.tree.VariableSetStmt?.kind === 'VAR_RESET_ALL' ? '' : statement.sql
  if (!needsNoTransaction(statement.tree) && !mayCommit(statement.tree)) {
    return async () => {
      try {
        await sendInTransaction(run, migration, sql, surroundings)
      } catch (error) {
        // What only the server can know: that this very statement must not share a transaction.
        if (!['25001', '2D000'].includes(codeOf(rootCause(error)))) throw error
        await session.cleanUp('rollback')
        return alone()
      }
      await commit(run, migration, done)
    }
  }
  return alone

  async function alone(): Promise<void> {
    const remark = `/* lotse: ${migration.file.replaceAll('*', '')} */`
    const reset = surroundings.fresh ? freshSession(session) : resetSession(session)
    await session.queries(`${remark} ${[...reset, ...surroundings.settings].join('; ')}`)
    const note = async (update: string): Promise<void> => {
      // What the file has set, a role above all, is not meant for the history.
      await session.queries(resetSession(session).join('; '))
      await mark(run, update, migration.file)
    }
    const underWay = (hash: string | null): Promise<void> => note(markUnderWay(table, migration.name, hash))
    const next = await resumption.before(run, again)
    await underWay(statement.hash)
    again = true
    const failed = (): Promise<void> => underWay(null)
    const sql = next === 'run' ? statement.sql : next === 'done' ? undefined : next.instead
    if (sql !== undefined) await runAlone(run, work, sql, surroundings, resumption, failed)
    await note(done)
  }
}

/**
 * Sends one statement outside of a transaction. What it leaves behind when it fails is removed at once, and `failed` told: it is
 * known not to have ended, so that the next run does not take somebody else's index for the one it was to build.
 */
async function runAlone(
  run: Run,
  { migration }: Work,
  sql: string,
  { settings, start }: Surroundings,
  resumption: Resumption,
  failed: () => Promise<void>,
): Promise<void> {
  const { session, config, emit, observer } = run
  const { lock, statement } = limitsOf(config, migration)
  const limits = setLimits({ lock: resumption.blocksQueries ? lock : 0, statement }, 'set')
  await session.queries([...limits, ...settings].join('; '))
  try {
    const send = (): Promise<void> =>
      session.send({ text: sql }, (notice) => emit({ event: 'migration.notice', name: migration.name, ...notice }))
    if (observer) await observer.watch(session, { migration, offset: start, sql, alone: true }, send)
    else await send()
    await resumption.after(run)
  } catch (error) {
    if (!session.lostBy(rootCause(error)) && !session.signal.aborted)
      await resumption
        .before(run, false)
        .then(failed)
        .catch(() => {})
    throw error
  }
}

/** How a statement is taken up again after an interruption. */
function resumptionOf(tree: Tree): Resumption {
  if (tree.IndexStmt?.concurrent) return resumeIndexBuild(tree.IndexStmt)
  if (tree.DropStmt?.concurrent) return resumeIndexDrop(tree.DropStmt)
  if (tree.ReindexStmt && isConcurrentReindex(tree.ReindexStmt)) return resumeReindex(tree.ReindexStmt)
  const detached = tree.AlterTableStmt && detachedPartition(tree.AlterTableStmt)
  return detached ? resumeDetach(tree.AlterTableStmt.relation, detached.partition) : repeatable
}
