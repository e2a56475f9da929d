import type { Migration } from '../migration/migration.ts'
import { literal } from '../sql/quote.ts'
import { codeOf, isOutOfSight } from './errors.ts'
import { outOfReach } from './history-access.ts'
import { besideHistory, type HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * How far backfills are that have begun and are not recorded as applied: a table beside the history, which no earlier Lotse reads.
 * A row goes when its backfill is recorded in the history.
 */

/** One backfill under way. Keys are as PostgreSQL writes them. */
export type Backfill = {
  readonly name: string
  readonly relation: string
  readonly key: string
  readonly checksum: string
  readonly state: State
  /** The last key that is done; null before the first batch. */
  readonly cursor: string | null
  /** The greatest key when it began, with which it ends; null when the table was empty. */
  readonly upper_bound: string | null
  readonly batch_size: number
  /** Keys that batches went through, rows that they changed, and about how many keys there are. */
  readonly keys_done: string
  readonly rows_changed: string
  readonly keys_expected: string | null
  /** Milliseconds that batches took. */
  readonly busy_ms: string
  readonly holding: string | null
  readonly error: string | null
}

/** `done`: every batch is, and it is to be recorded in the history. */
export type State = 'running' | 'paused' | 'cancelled' | 'done'

function sqlOf(table: HistoryTable): string {
  return besideHistory(table, 'backfills')
}

/** Every backfill that has begun and is not recorded; none where there is no such table, or it may not be read. */
export async function readBackfills(session: Session, table: HistoryTable): Promise<readonly Backfill[]> {
  try {
    return (await session.query(`select * from ${sqlOf(table)} order by name`)).rows
  } catch (error) {
    if (isOutOfSight(error)) return []
    throw error
  }
}

/** Notes that a backfill begins, unless it has begun. Only called under the run lock. Returns how far it is. */
export async function beginBackfill(
  session: Session,
  table: HistoryTable,
  { name, checksum, directives: { backfill } }: Migration,
  { upper, expected }: { readonly upper: string | undefined; readonly expected: number | undefined },
): Promise<Backfill> {
  const sql = sqlOf(table)
  const { release, pod } = session.identity
  try {
    await session.query(`create table if not exists ${sql} (
      name text primary key, relation text not null, key text not null, checksum text not null,
      state text not null check (state in ('running', 'paused', 'cancelled', 'done')),
      cursor text, upper_bound text, batch_size int not null default ${firstSize},
      keys_done bigint not null default 0, rows_changed bigint not null default 0, keys_expected bigint,
      busy_ms bigint not null default 0, holding text, error text,
      begun_at timestamptz not null default clock_timestamp(), changed_at timestamptz not null default clock_timestamp(),
      release text, pod text)`)
  } catch (error) {
    throw await outOfReach(session, table, error)
  }
  const state = upper === undefined ? 'done' : 'running'
  const values = [name, backfill?.table ?? '', backfill?.key ?? '', checksum, state, upper ?? null]
  const others = [expected ?? null, release ?? null, pod ?? null]
  const columns = 'name, relation, key, checksum, state, upper_bound, keys_expected, release, pod'
  const row = [...values, ...others].map((value) => literal(value)).join(', ')
  await session.query(`insert into ${sql} (${columns}) values (${row}) on conflict (name) do nothing`)
  const { rows } = await session.query(readRow(table, name))
  return rows[0]
}

/** Rows of the first batch, from which its size is found. */
const firstSize = 100

/** SQL that returns a backfill's row as it was last committed. */
export function readRow(table: HistoryTable, name: string): string {
  return `select * from ${sqlOf(table)} where name = ${literal(name)}`
}

/** SQL that holds a backfill's row for the open transaction and returns it: what steers it waits for the batch. */
export function holdRow(table: HistoryTable, name: string): string {
  return `${readRow(table, name)} for update`
}

/** What a batch has done. */
export type Done = {
  readonly to: string
  readonly keys: number
  readonly rows: number
  readonly elapsed: number
  readonly nextSize: number
  readonly last: boolean
}

/** SQL that moves the cursor past a batch, in the transaction of that batch. */
export function advance(table: HistoryTable, name: string, done: Done): string {
  return `update ${sqlOf(table)} set cursor = ${literal(done.to)}, keys_done = keys_done + ${done.keys}, rows_changed = rows_changed + ${done.rows},
    busy_ms = busy_ms + ${Math.round(done.elapsed)}, batch_size = ${done.nextSize}, state = '${done.last ? 'done' : 'running'}',
    holding = null, error = null, changed_at = clock_timestamp() where name = ${literal(name)}`
}

/** Notes why a backfill does not go on; null when it does. */
export async function note(
  session: Session,
  table: HistoryTable,
  name: string,
  column: 'holding' | 'error',
  text: string | null,
): Promise<void> {
  await session.query(`update ${sqlOf(table)} set ${column} = ${literal(text)} where name = ${literal(name)}`)
}

/** Gives a backfill another state. Returns the one before; undefined where none of that name has begun. Throws PlanRefused without the right. */
export async function steer(
  session: Session,
  table: HistoryTable,
  name: string,
  state: Exclude<State, 'done'>,
): Promise<State | undefined> {
  const sql = sqlOf(table)
  try {
    const { rows } = await session.query(
      `update ${sql} new set state = ${literal(state)}, holding = null from ${sql} old
        where new.name = ${literal(name)} and old.name = new.name and new.state <> 'done' returning old.state`,
    )
    return rows[0]?.state
  } catch (error) {
    if (['42P01', '3F000'].includes(codeOf(error))) return undefined
    throw await outOfReach(session, table, error)
  }
}

/** SQL that forgets a backfill, when it is recorded in the history. */
export function forgetBackfill(table: HistoryTable, name: string): string {
  return `delete from ${sqlOf(table)} where name = ${literal(name)}`
}
