import type { Config } from '../config/config.ts'
import { formatDuration } from '../config/duration.ts'
import { Failure } from '../failure.ts'
import { literal } from '../sql/quote.ts'
import { isMadeMeanwhile, isSqlError } from './errors.ts'
import { besideHistory, type HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/** What is left of a run's budget, in milliseconds, and the failure to end with when that is over. */
export type Remainder = { readonly left: number; readonly failure: Failure }

/**
 * How long the run may still take. Kubernetes starts a killed migrator again while the deadline of its Job runs on, and at that
 * deadline it deletes the pod with its log. So attempts of one Job share one budget: the first notes its start beside the history,
 * under the Job's uid. For a role that may create no table there, each attempt has the whole budget. This one has `ran` for so many
 * milliseconds. Throws MigrationFailed when nothing is left.
 */
export async function remainderOfRun(
  session: Session,
  table: HistoryTable,
  { jobUid, budget, spent }: Config,
  ran: number,
): Promise<Remainder> {
  const run = budget.run + spent
  const own = ran + spent
  const since = Math.max(own, (jobUid && (await sinceFirst(session, table, jobUid, own))) || 0)
  const remainder = { left: run - since, failure: outOfTime(run, since - own > ownDelay ? since : 0) }
  if (remainder.left < leastLeft) throw remainder.failure
  return remainder
}

/** What an attempt with less time than this did would be rolled back anyway. Milliseconds. */
const leastLeft = 500

/** By how much the server's clock may seem to differ within a single attempt. Milliseconds. */
const ownDelay = 1_000

function outOfTime(run: number, since: number): Failure {
  const first = since > 0 ? `; the first attempt of this Job began ${formatDuration(since)} ago` : ''
  return new Failure('MigrationFailed', {
    summary: `the run did not finish within its ${formatDuration(run)}${first}`,
    details: since > 0 ? ['All attempts share one budget, because Kubernetes deletes the log at the deadline.'] : [],
    remedy:
      'see why the earlier attempt was killed, if there was one (kubectl describe pod); give it more time (in the chart migrations.budgets.helm together with helm --timeout), or make the migration faster',
  })
}

/** Milliseconds since the first attempt of this Job began, or nothing where that cannot be noted. This attempt has run for `ran`. */
async function sinceFirst(
  session: Session,
  table: HistoryTable,
  jobUid: string,
  ran: number,
): Promise<number | undefined> {
  const attempts = besideHistory(table, 'attempts')
  const [uid, started] = [literal(jobUid), `clock_timestamp() - interval '${Math.round(ran)} milliseconds'`]
  const note = async (): Promise<number> => {
    const results = await session.queries(`
      create table if not exists ${attempts} (job text primary key, started_at timestamptz not null);
      delete from ${attempts} where started_at < clock_timestamp() - interval '30 days';
      insert into ${attempts} values (${uid}, ${started}) on conflict do nothing;
      select extract(epoch from clock_timestamp() - started_at)::float8 * 1000 as since from ${attempts} where job = ${uid}`)
    return Number(results.at(-1)?.rows[0]?.since)
  }
  try {
    return await note()
  } catch (error) {
    if (isMadeMeanwhile(error)) return note().catch(() => undefined)
    if (isSqlError(error)) return undefined
    throw error
  }
}
