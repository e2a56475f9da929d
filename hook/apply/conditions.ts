import { codeOf, isWorthRepeating, MessageError, rootCause } from '../database/errors.ts'
import { resetSession } from '../database/prepare.ts'
import { isBegun } from '../database/record.ts'
import type { Row } from '../database/simple-query.ts'
import { Failure } from '../failure.ts'
import { eachCondition } from '../migration/conditions.ts'
import type { Condition, Conditions, Migration } from '../migration/migration.ts'
import type { Refusal } from '../migration/refusal.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { excerpt, locate } from '../sql/place.ts'
import { eachPiece, piecesOf } from '../sql/split.ts'
import { asFailure, placeShown } from './explain.ts'
import { retry } from './retry.ts'
import { beginStatements, commit, endedTransaction, inTransaction, sendInTransaction } from './transaction.ts'
import { limitsOf, type Run, setLimits, type Work } from './work.ts'

/**
 * Asks what has to be true before and after a migration. Each statement of a condition is a query that returns one row, whose first
 * column is true where it holds. It is asked in a savepoint that is read-only and rolled back: it can neither change nor leave anything.
 */

/** How a condition is told that does not hold: what became of the migration, in what state things are, and what to do. */
type Verdict = Pick<Failure, 'reason' | 'state' | 'remedy'> & { readonly became: string }

/**
 * Asks NAME.check.sql, right before its migration: what earlier ones make is there by then. Not where the migration goes on that was
 * begun in an earlier run. Throws PlanRefused where something is not true, MigrationFailed where it cannot be asked.
 */
export async function askBefore(run: Run, migration: Migration): Promise<void> {
  const { check } = migration.conditions ?? {}
  if (!check || (!migration.directives.transaction && (await isBegun(run.session, run.table, migration)))) return
  const verdict: Verdict = {
    reason: 'PlanRefused',
    became: 'was not applied',
    state: [`Nothing of ${migration.file} was run.`],
    remedy: { kind: 'runAgain', after: `make it true in the database (or correct ${check.file})` },
  }
  const attempt = async (): Promise<void> => {
    try {
      await run.session.queries(beginStatements(run, { ...migration, file: check.file }).join('; '))
      await ask(run, migration, check, verdict)
    } finally {
      await run.session.cleanUp('rollback')
    }
  }
  await retry(run, migration, attempt, (error) => error)
}

/** Asks NAME.verify.sql in the transaction of its migration. Throws MigrationFailed where something is not true, or cannot be asked. */
export async function askAfter(run: Run, migration: Migration): Promise<void> {
  const { file, conditions, directives, kind } = migration
  const verify = conditions?.verify
  if (!verify) return
  const { rows } = await run.session.query(`select ${inTransaction} as open`)
  if (!rows[0].open) throw endedTransaction(migration)
  await ask(run, migration, verify, {
    reason: 'MigrationFailed',
    ...(directives.transaction
      ? { became: 'was rolled back', state: [`${file} was rolled back and left nothing behind.`] }
      : {
          became: 'is not recorded as applied',
          state: [
            `${file} runs without a transaction: what it did is kept. The next run ${kind === 'script' ? 'calls it again from the start' : 'only asks again'}.`,
          ],
        }),
    remedy:
      directives.transaction || kind === 'script'
        ? { kind: 'changeFiles', change: `correct ${file} (or ${verify.file})` }
        : { kind: 'runAgain', after: `make it true in the database (or correct ${verify.file})` },
  })
}

/** Ends a migration without a transaction: asks NAME.verify.sql, and records the migration in the same transaction. */
export async function askAndRecord(run: Run, work: Work, started: number): Promise<void> {
  const { migration } = work
  const attempt = async (): Promise<void> => {
    try {
      await sendInTransaction(run, migration, '')
      await askAfter(run, migration)
      await commit(run, migration, work.settle(performance.now() - started))
    } catch (error) {
      await run.session.cleanUp('rollback')
      throw error
    }
  }
  await retry(run, migration, attempt, (error) => error)
}

/** A statement that does not hold. */
type Unmet = { readonly offset: number; readonly how: string; readonly reason: string | undefined }

async function ask(run: Run, migration: Migration, { file, text }: Condition, verdict: Verdict): Promise<void> {
  const { session, config, emit } = run
  const { name } = migration
  const limits = setLimits(limitsOf(config, migration), 'set local')
  const opening = ['savepoint lotse_condition', ...resetSession(session), ...limits, 'set transaction read only']
  await session.queries(opening.join('; '))
  const unmet: Unmet[] = []
  let [index, amount] = [0, 0]
  for (const { offset, sql, outline } of eachPiece(text)) {
    const rows: Row[] = []
    try {
      await session.send(
        { text: sql },
        (notice) => emit({ event: 'migration.notice', name, ...notice }),
        // One more than there may be tells enough.
        (row) => void (rows.length < 2 && rows.push(row)),
      )
    } catch (error) {
      // What is asked after something that is not true may rely on it.
      if (unmet.length > 0 && !session.lostBy(rootCause(error)) && !isWorthRepeating(rootCause(error))) break
      throw cannotAsk(migration, { file, text }, moved(error, offset, index), verdict)
    }
    index++
    if (prepares.test(outline)) continue
    amount++
    const how = shortcoming(rows)
    if (how !== undefined) unmet.push({ offset, how, reason: reasonIn(rows[0], sql, text.slice(0, offset)) })
  }
  if (unmet.length > 0) throw notMet(name, file, text, unmet, verdict)
  await session.queries('rollback to savepoint lotse_condition')
  emit({ event: 'conditions.held', name, file, amount })
}

/** The failure of a condition whose SQL has an error: what would help a migration does not always help what only asks. */
function cannotAsk(migration: Migration, { file, text }: Condition, error: unknown, { state }: Verdict): unknown {
  const failure = asFailure({ ...migration, kind: 'sql', file, text }, error, state.join(' '))
  if (!(failure instanceof Failure) || failure.remedy.kind !== 'changeFiles') return failure
  const code = codeOf(rootCause(error))
  // Its limits are those of the migration.
  if (code === '57014')
    return failure.with({
      remedy: { kind: 'changeFiles', change: failure.remedy.change.replace(file, migration.file) },
    })
  return ['25001', '2D000', '55P04'].includes(code) ? failure.with({ remedy: { kind: 'correctFile', file } }) : failure
}

/** The same error, by its place in the whole file. */
function moved(error: unknown, from: number, before: number): unknown {
  if (!(error instanceof MessageError)) return error
  const offset = error.offset === undefined ? undefined : error.offset + from
  return new MessageError({ part: 'text', completed: before, offset }, 1, error.cause)
}

/** The number of PostgreSQL's type boolean (pg_type.dat). */
const boolean = 16

/** In what way an answer is not one row with true; undefined when it is. */
function shortcoming(rows: readonly Row[]): string | undefined {
  const [row, more] = rows
  if (!row) return 'returned no row, which counts as false'
  if (more) return 'returned more than one row'
  if (row.columns[0]?.dataTypeID !== boolean) return 'did not return true or false'
  return row.values[0] === true ? undefined : row.values[0] === null ? 'is null, which counts as false' : 'is false'
}

/** Why it matters: the second column, else the name that the query gives the first, else the comment right above the query. */
function reasonIn(row: Row | undefined, sql: string, before: string): string | undefined {
  const said = row?.values[1]
  if (said !== undefined && said !== null) return oneLine(String(said))
  const name = row?.columns[0]?.name ?? ''
  const isGiven = sql.includes(`"${name.replaceAll('"', '""')}"`) || new RegExp(`\\bas\\s+${name}\\b`, 'i').test(sql)
  if (/^\w+$/.test(name) ? isGiven : name.includes(' ')) return oneLine(name)
  const comment = /(?:(?<=^|\n)[ \t]*--[^\n]*\n)+[ \t]*$/.exec(before)?.[0]
  return comment ? oneLine(comment.replace(/^[ \t]*--+/gm, '')) : undefined
}

function oneLine(text: string): string | undefined {
  const line = withoutQuotedSecrets(text.replace(/\s+/g, ' ').trim())
  return line === '' ? undefined : line.length > 500 ? `${line.slice(0, 500)}…` : line
}

const howToAsk =
  'A condition returns one row, whose first column is true or false: select not exists (select … where …)'

function notMet(name: string, file: string, text: string, unmet: readonly Unmet[], verdict: Verdict): Failure {
  const tell = ({ offset, how, reason }: Unmet): string =>
    `line ${locate(text, offset).line}, ${how}${reason ? `: ${reason}` : ''}`
  const [first, ...others] = unmet as [Unmet, ...Unmet[]]
  return new Failure(verdict.reason, {
    summary: `${name} ${verdict.became}: its condition ${file}, ${tell(first)}`,
    details: [
      ...excerpt(placeShown(text, first.offset)),
      ...others.map((each) => `- ${tell(each)}`),
      ...(unmet.every(({ how }) => how === 'is false') ? [] : [howToAsk]),
    ],
    state: verdict.state,
    remedy: verdict.remedy,
  })
}

/** Statements that ask nothing, and may come before those that do. */
const prepares = /^(?:set|do)\b/i
const asks = /^(?:select|with|values|table|show)\b|^\(/i

/** Statements of conditions that are no queries, and conditions that ask nothing: told before anything runs. */
export function refusedConditions(conditions: Conditions): readonly Refusal[] {
  return eachCondition(conditions).flatMap(({ file, text }): Refusal[] => {
    const pieces = piecesOf(text)
    const others = pieces.filter(({ outline }) => !asks.test(outline) && !prepares.test(outline))
    if (others.length > 0)
      return others.map(({ offset, outline }) => {
        const statement = /^\S+(?:[ \t]+[a-z]+)?/i.exec(outline)?.[0].toUpperCase() ?? ''
        return { kind: 'asksNothing', file, line: locate(text, offset).line, statement }
      })
    return pieces.some(({ outline }) => asks.test(outline)) ? [] : [{ kind: 'asksNothing', file, line: 1 }]
  })
}
