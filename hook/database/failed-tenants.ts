import { literal } from '../sql/quote.ts'
import { isMadeMeanwhile, isSqlError, messageOf } from './errors.ts'
import { besideHistory } from './lock.ts'
import type { Session } from './session.ts'

/** Tenants whose last run failed, and why, in a table of their own beside the default history. A tenant that is brought up to date leaves it. */

export type FailedTenant = {
  readonly tenant: string
  /** Of our vocabulary: MigrationFailed, PlanRefused … */
  readonly reason: string
  readonly error: string
  /** In UTC, as `2026-01-02 03:04:05`. */
  readonly failed_at: string
}

type Home = { readonly schema: string; readonly table: string }

function tableOf(home: Home): string {
  return besideHistory(home, 'tenants')
}

/** Records why a tenant failed. Returns why that could not be recorded, if so: the run goes on. */
export async function recordFailed(
  session: Session,
  home: Home,
  { tenant, reason, error }: Pick<FailedTenant, 'tenant' | 'reason' | 'error'>,
): Promise<string | undefined> {
  const table = tableOf(home)
  const { release, pod, lotse } = session.identity
  const values = [tenant, reason, error, release, pod, lotse].map(literal).join(', ')
  const write = (): Promise<unknown> =>
    session.queries(`
      create table if not exists ${table} (tenant text primary key, reason text not null, error text not null,
        failed_at timestamptz not null default clock_timestamp(), release text, pod text, lotse text);
      insert into ${table} (tenant, reason, error, release, pod, lotse) values (${values})
        on conflict (tenant) do update set (reason, error, failed_at, release, pod, lotse)
          = (excluded.reason, excluded.error, clock_timestamp(), excluded.release, excluded.pod, excluded.lotse)`)
  try {
    await write()
  } catch (error) {
    if (!isSqlError(error) || session.lostBy(error)) throw error
    if (!isMadeMeanwhile(error)) return messageOf(error)
    return write().then(
      () => undefined,
      (again) => messageOf(again),
    )
  }
  return undefined
}

/** The tenants recorded as failed, in the order of their names; none where that was never recorded, or may not be read. */
export async function readFailed(session: Session, home: Home): Promise<FailedTenant[]> {
  try {
    const { rows } = await session.query(
      `select tenant, reason, error, to_char(failed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as failed_at
         from ${tableOf(home)} order by tenant collate "C"`,
    )
    return rows
  } catch (error) {
    if (!isSqlError(error) || session.lostBy(error)) throw error
    return []
  }
}

/** Forgets failures of these tenants. */
export async function forgetFailed(session: Session, home: Home, tenants: readonly string[]): Promise<void> {
  if (tenants.length === 0) return
  await session.cleanUp(`delete from ${tableOf(home)} where tenant in (${tenants.map(literal).join(', ')})`)
}
