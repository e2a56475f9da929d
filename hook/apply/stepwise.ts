import { isConnectionLost, rootCause } from '../database/errors.ts'
import { upsert } from '../database/history.ts'
import { holdsLock } from '../database/lock.ts'
import { resetSession } from '../database/settings.ts'
import { literal } from '../database/table.ts'
import { Failure } from '../failure.ts'
import { asFailure } from './explain.ts'
import { type Guard, guardOf } from './guards.ts'
import { locate } from './place.ts'
import { retry } from './retry.ts'
import { mayCommit, needsNoTransaction } from './rules.ts'
import type { Run } from './run.ts'
import { type Statement, splitStatements } from './statements.ts'
import { commit, rollingBack, sendInTransaction } from './transactional.ts'
import type { Work } from './work.ts'

/** How far a file has come: checksums of the statements that are done, and of the one that was begun and not seen to end. */
type Progress = { readonly done: readonly string[]; readonly underWay: string | undefined }

/**
 * Runs a file without a transaction, statement by statement, and remembers each: the next run continues after the last one that is
 * done. A statement that can run in a transaction shares one with its remembering; before any other the catalogue is asked.
 * Throws MigrationFailed that says which statements are done, PlanRefused when one of those was edited since.
 */
export async function applyStepwise(run: Run, work: Work): Promise<void> {
  const { migration } = work
  const started = performance.now()
  const statements = await splitStatements(migration.text)
  const { done, underWay } = await begin(run, work)
  assertPrefix(work, statements, done)
  for (const [index, statement] of statements.entries()) {
    if (index < done.length) continue
    const { line } = locate(migration.text, statement.offset)
    run.emit({ event: 'statement.started', name: migration.name, position: index + 1, total: statements.length, line })
    await retry(
      run,
      migration,
      rollingBack(run, attemptOf(run, work, statement, underWay === statement.hash)),
      (error) => asFailure(migration, error, kept(work, index, statements.length), statement.offset),
    )
  }
  await sendInTransaction(run, migration, '')
  await commit(run, migration, work.settle(performance.now() - started))
}

function attemptOf(run: Run, work: Work, statement: Statement, resumed: boolean): () => Promise<void> {
  const { session, table } = run
  const { migration } = work
  const where = `where name = ${literal(migration.name)} and ${holdsLock(table)}`
  const remember = `update ${table.sql} set statements = statements || ${literal(statement.hash)}::text, under_way = null ${where}`
  if (!needsNoTransaction(statement.tree) && !mayCommit(statement.tree)) {
    return async () => {
      await sendInTransaction(run, migration, statement.sql)
      await commit(run, migration, remember)
    }
  }
  const guard = guardOf(statement.tree)
  let again = resumed
  return async () => {
    await session.queries(resetSession.join(';'))
    const underWay = (hash: string | null): Promise<void> =>
      mark(run, `update ${table.sql} set under_way = ${literal(hash)} ${where}`, migration.file)
    await underWay(statement.hash)
    const next = await guard.before(run, again)
    again = true
    const failed = (): Promise<void> => underWay(null)
    if (next !== 'done') await runAlone(run, work, next === 'run' ? statement.sql : next.instead, guard, failed)
    await mark(run, remember, migration.file)
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
  guard: Guard,
  failed: () => Promise<void>,
): Promise<void> {
  const { session, config, emit } = run
  const lock = guard.blocksQueries ? (migration.directives.lockTimeout ?? config.budget.lockTimeout) : 0
  await session.queries(
    `set lock_timeout = ${lock}; set statement_timeout = ${migration.directives.statementTimeout ?? 0}`,
  )
  try {
    await session.runScript(sql, (notice) => emit({ event: 'migration.notice', name: migration.name, ...notice }))
    await guard.after(run)
  } catch (error) {
    if (!isConnectionLost(rootCause(error)) && !session.signal.aborted)
      await guard
        .before(run, false)
        .then(failed)
        .catch(() => {})
    throw error
  }
}

/** Creates or finds the row that says this file is under way. */
async function begin({ session, table }: Run, { migration, direction }: Work): Promise<Progress> {
  const state = direction === 'up' ? 'started' : 'reverting'
  const { name, checksum, directives } = migration
  const { rows } = await session.query(`select state, statements, under_way from ${table.sql} where name = $1`, [name])
  if (rows[0]?.state === state) return { done: rows[0].statements, underWay: rows[0].under_way ?? undefined }
  if (direction === 'up')
    await session.query(upsert(session, table, { name, checksum, state, breaking: directives.breaking }))
  else
    await session.query(`update ${table.sql} set state = $2, statements = '{}', under_way = null where name = $1`, [
      name,
      state,
    ])
  return { done: [], underWay: undefined }
}

async function mark({ session }: Run, update: string, file: string): Promise<void> {
  if ((await session.query(update)).rowCount === 1) return
  throw new Failure('MigrationFailed', {
    summary: `${file} lost the run lock while it ran`,
    details: ['Without the lock another migrator may be at work.'],
    state: ['The statements done so far are recorded.'],
    remedy:
      'remove pg_advisory_unlock_all() and DISCARD ALL from the file, or see who ended the session, and run it again',
  })
}

function assertPrefix({ migration, direction }: Work, statements: readonly Statement[], done: readonly string[]): void {
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

function kept({ migration }: Work, index: number, total: number): string {
  const before =
    index === 0
      ? 'Nothing of it is done'
      : index === 1
        ? 'Its first statement is done and kept'
        : `Its first ${index} statements are done and kept`
  return `${migration.file} runs without a transaction. ${before}; the next run continues at statement ${index + 1} of ${total}.`
}
