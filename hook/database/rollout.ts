import { Failure } from '../failure.ts'
import { literal } from '../sql/quote.ts'
import { isMadeMeanwhile, isOutOfSight } from './errors.ts'
import { outOfReach } from './history-access.ts'
import { besideHistory, type HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * When the rollout that `lotse finish` waits for was first seen to be complete: a row in a table beside the history, made only where a soak
 * has to be measured, and which no earlier Lotse reads. The next pod of the finisher measures from there.
 */

/** A rollout that was seen to be complete, and what of its soak is left. Times are UTC, as `YYYY-MM-DD HH:MM:SS`. */
export type ProvenRollout = {
  readonly version: string
  readonly provenAt: string
  /** Until when a rollback has to stay possible. */
  readonly until: string
  /** Milliseconds: the whole soak, and what is left of it; negative when it is over. */
  readonly soak: number
  readonly left: number
}

function sqlOf(table: HistoryTable): string {
  return besideHistory(table, 'rollout')
}

const format = `'YYYY-MM-DD HH24:MI:SS'`
const end = `proven_at + soak_ms * interval '1 millisecond'`
const columns = `version, to_char(proven_at at time zone 'UTC', ${format}) as "provenAt", to_char((${end}) at time zone 'UTC', ${format}) as until,
  soak_ms::float8 as soak, extract(epoch from ${end} - clock_timestamp())::float8 * 1000 as left`

/**
 * Notes that a rollout is complete, unless that is noted: from then on the soak is measured. Another rollout takes its place.
 * Throws PlanRefused where the role may not make the table.
 */
export async function noteProven(
  session: Session,
  table: HistoryTable,
  { rollout, version, soak }: { readonly rollout: string; readonly version: string; readonly soak: number },
): Promise<ProvenRollout> {
  const sql = sqlOf(table)
  const values = `${literal(rollout)}, ${literal(version)}, ${soak}`
  const note = async (): Promise<ProvenRollout> => {
    const results = await session.queries(`
      create table if not exists ${sql} (single boolean primary key default true check (single),
        rollout text not null, version text not null, soak_ms bigint not null, proven_at timestamptz not null default clock_timestamp());
      insert into ${sql} as old (rollout, version, soak_ms) values (${values}) on conflict (single) do update
        set rollout = excluded.rollout, version = excluded.version, soak_ms = excluded.soak_ms,
            proven_at = case when old.rollout = excluded.rollout then old.proven_at else excluded.proven_at end;
      select ${columns} from ${sql}`)
    return results.at(-1)?.rows[0]
  }
  try {
    return await note()
  } catch (error) {
    if (isMadeMeanwhile(error)) return note()
    const why = await outOfReach(session, table, error)
    throw why instanceof Failure ? why.with({ details: ['The soak is kept in a table beside the history.'] }) : why
  }
}

/** What was noted last; undefined where nothing is, or it may not be read. */
export async function readProven(session: Session, table: HistoryTable): Promise<ProvenRollout | undefined> {
  try {
    return (await session.query(`select ${columns} from ${sqlOf(table)}`)).rows[0]
  } catch (error) {
    if (isOutOfSight(error)) return undefined
    throw error
  }
}

/** Forgets what was noted: nothing waits for it any more. */
export async function forgetProven(session: Session, table: HistoryTable): Promise<void> {
  const sql = sqlOf(table)
  const { rows } = await session.query(
    `select coalesce(has_table_privilege(to_regclass(${literal(sql)}), 'delete'), false) as kept`,
  )
  if (rows[0].kept) await session.query(`delete from ${sql}`)
}
