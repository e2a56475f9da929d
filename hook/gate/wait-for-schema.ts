import type { Config } from '../config/config.ts'
import { describeTarget } from '../database/connect.ts'
import { type History, readHistory, readSummary } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { type Session, withSession } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { readContents } from '../folder/read.ts'
import { breakingAhead, lacking } from '../migration/plan.ts'
import { poll } from '../poll.ts'
import { planRefused } from '../report/refusal.ts'

/**
 * Waits until every migration of the folder is applied, for the whole budget of the run. Accepts a newer schema unless it is
 * breaking. Needs SELECT on the history alone and connects anew for each look, so that many waiting pods hold few connections.
 * Whether files were edited or lost is for the migrator to judge. Calls `onWait` once it is known that the schema is not ready.
 * Throws PlanRefused for a breaking schema, WaitTimeout that names what is still pending.
 */
export async function wait(
  config: Config,
  signal: AbortSignal,
  emit: Emit,
  onWait: () => void = () => {},
): Promise<void> {
  if (config.tenants) {
    const { waitForTenants } = await import('../tenants/wait.ts')
    return waitForTenants(config, config.tenants, signal, emit, onWait)
  }
  const contents = await readContents(config)
  const table = historyTable(config.history)
  const budget = config.budget.run
  const target = describeTarget(config.database)
  const tellDatabase: Emit = (event) => {
    if (event.event !== 'database.waiting') return
    emit(event)
    onWait()
  }
  let pending: readonly string[] = []
  let others: readonly string[] | undefined
  const readRows = async (session: Session): Promise<History | undefined> => {
    // Of thousands of rows, one is enough where all is applied.
    const summary = await readSummary(session, table)
    if (summary && (await contents.comesTo(summary.digest))) return undefined
    const history = await readHistory(session, table)
    if (history.absent) others ??= await tablesOfOthers(session, config)
    return history
  }
  const polling = poll<true, readonly string[]>(
    {
      budget,
      signal,
      pause: () => pause.least + Math.random() * pause.spread,
      report: (pending, elapsed) => {
        emit({ event: 'schema.waiting', target, pending, elapsed, budget })
        onWait()
      },
    },
    async (left) => {
      // The gate has one budget for everything it waits for, the database included.
      const connect = Math.max(1, left)
      const looking = withSession(config, signal, tellDatabase, readRows, connect)
      const history = await looking.catch((error) => {
        // A look that the end of the budget cut short says less than the one before.
        const cutShort = pending.length > 0 && connect < shortLook && isUnreachable(error)
        throw cutShort ? timeout(target, pending, budget, others) : error
      })
      if (!history) return { kind: 'found', value: true }
      const [folder, { rows }] = [await contents.migrations(), history]
      const breaking = breakingAhead(folder, rows)
      if (breaking.length > 0 && !config.allow.includes('ahead-breaking')) throw planRefused(breaking)
      pending = lacking(folder, rows)
      return pending.length === 0 ? { kind: 'found', value: true } : { kind: 'waiting', state: pending }
    },
  )
  const ended = await Promise.race([polling, contents.unusable()])
  if (ended.kind === 'timeout') throw timeout(target, ended.state, budget, others)
}

/** Between two looks; the spread keeps many pods from looking at once. Milliseconds. */
const pause = { least: 500, spread: 1_500 }

/** A database that is well may take so many milliseconds to answer where everything starts at once. */
const shortLook = 5_000

function isUnreachable(error: unknown): boolean {
  return error instanceof Failure && error.reason === 'DatabaseUnreachable'
}

/** What other tools keep in a database that has no history of Lotse's, in lines for people: the migrator may have refused it for that. */
async function tablesOfOthers(session: Session, { history: { schema } }: Config): Promise<readonly string[]> {
  const { findOtherHistories } = await import('../adopt/other-histories.ts')
  const near = (await findOtherHistories(session, schema)).filter((each) => each.near)
  return near.map(
    ({ schema, table, known }) =>
      `It has no history of Lotse's, and ${schema}.${table} is a table of ${known.map(({ tool }) => tool).join(' or ')}: lotse adopt takes such a history over.`,
  )
}

/** How many pending migrations a message names. */
const most = 10

function timeout(target: string, pending: readonly string[], budget: number, others: readonly string[] = []): Failure {
  const shown = pending.slice(0, most).map((name) => `- ${name}`)
  return new Failure('WaitTimeout', {
    summary: `database ${target} still lacks ${pending.length} migration${pending.length === 1 ? '' : 's'} after ${Math.round(budget / 1000)} s`,
    details: [...shown, ...(pending.length > most ? [`- and ${pending.length - most} more`] : []), ...others],
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy:
      'see why the migrator has not applied them: its log says (kubectl logs job/…-migrator), lotse status shows where it stands',
  })
}
