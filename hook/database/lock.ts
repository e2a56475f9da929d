import { hash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { formatDuration } from '../config/duration.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'
import { publicQuery } from '../sql/mask.ts'
import { identifier } from '../sql/quote.ts'
import type { Session } from './session.ts'

/** The history table's name: as given, and quoted for SQL. */
export type HistoryTable = {
  readonly schema: string
  readonly table: string
  readonly sql: string
  /** It is known to have the column for what files accept: see accepted.ts. */
  readonly keepsAccepted?: boolean
  /** By the name of a migration, the work to keep beside how long it takes: see past-work.ts. */
  readonly foreseen?: ReadonlyMap<string, PieceOfWork>
}

/** Work of one kind on so many bytes: a rewrite, an index build, a scan. */
export type PieceOfWork = { readonly work: string; readonly bytes: number }

export function historyTable({ schema, table }: { schema: string; table: string }): HistoryTable {
  return { schema, table, sql: identifier([schema, table]) }
}

/**
 * SQL for the name of a table beside the history, such as lotse_history_backfills. A history whose name is too long for that keeps the
 * beginning of it and a hash: PostgreSQL cuts names at 63 bytes without an error (docs 4.1.1), which would be the history's own name again.
 */
export function besideHistory({ schema, table }: Pick<HistoryTable, 'schema' | 'table'>, subject: string): string {
  const whole = `${table}_${subject}`
  if (Buffer.byteLength(whole) <= 63) return identifier([schema, whole])
  const end = `_${hash('sha256', table).slice(0, 8)}_${subject}`
  // A character that the cut goes through decodes to a replacement character.
  const start = Buffer.from(table)
    .subarray(0, 63 - end.length)
    .toString()
    .replace(/\ufffd$/, '')
  return identifier([schema, start + end])
}

/** The run lock's key: 64 bits of a hash of the history table's name. Advisory locks are per database already. */
export function lockKey(table: HistoryTable): bigint {
  return hash('sha256', `lotse ${table.sql}`, 'buffer').readBigInt64BE(0)
}

/** How long a run that ends at `deadline` (performance.now()) may wait for the lock, so that it can still say whom it waited for. */
export function lockBudget({ budget }: Config, deadline: number): number {
  return Math.max(0, Math.min(budget.lockWait, deadline - performance.now() - 1_000))
}

/**
 * Rows of pg_locks that are this lock, in any database: a 64-bit key shows as classid and objid with objsubid 1 (PostgreSQL
 * docs 53.13). A session's advisory locks are all of the database it is connected to.
 */
function lockRows(key: bigint): string {
  return `locktype = 'advisory' and mode = 'ExclusiveLock' and granted and objsubid = 1 and (classid::bigint << 32 | objid::bigint) = ${key}`
}

/** An SQL condition: the asking session holds the run lock. What is written only under it cannot outlive the lock. */
export function holdsLock(table: HistoryTable): string {
  return `exists (select from pg_locks where pid = pg_backend_pid() and ${lockRows(lockKey(table))})`
}

/**
 * The same, to be asked in a transaction and for a fifteenth of the price, since it looks at no other session's locks. Next to the
 * run lock the session holds its key shared, which keeps other migrators out as well and is lost with it, by
 * pg_advisory_unlock_all() or DISCARD ALL: whether it is still there shows when it is let go. Meanwhile the transaction holds it.
 */
export function keepsLock(table: HistoryTable): string {
  const key = lockKey(table)
  return `case when pg_try_advisory_xact_lock_shared(${key}) then pg_advisory_unlock_shared(${key}) and pg_try_advisory_lock_shared(${key}) else false end`
}

/**
 * Takes the run lock in the session, runs `work`, releases it. Polls with pg_try_advisory_lock in autocommit: a session that
 * sits in pg_advisory_lock holds a snapshot, which CREATE INDEX CONCURRENTLY waits for (golang-migrate#960, prisma-engines#5755).
 * Throws LockTimeout that names the holder after `budget` milliseconds.
 */
export async function withLock<T>(
  session: Session,
  table: HistoryTable,
  budget: number,
  emit: Emit,
  work: () => Promise<T>,
): Promise<T> {
  const key = lockKey(table)
  const taken = await poll<true, true>(
    {
      budget,
      signal: session.signal,
      pause: () => 150 + Math.random() * 300,
      report: async (_, elapsed) => {
        emit({ event: 'lock.waiting', holder: await describeHolder(session, key), elapsed, budget })
      },
    },
    async () => ((await tryLock(session, key)) ? { kind: 'found', value: true } : { kind: 'waiting', state: true }),
  )
  if (taken.kind === 'timeout') throw timeout(budget, await describeHolder(session, key))
  emit({ event: 'lock.acquired', elapsed: taken.elapsed })
  try {
    return await work()
  } finally {
    await session.cleanUp(`select pg_advisory_unlock_shared(${key}), pg_advisory_unlock(${key})`)
  }
}

async function tryLock(session: Session, key: bigint): Promise<boolean> {
  const { rows } = await session.query(
    `select case when pg_try_advisory_lock(${key}) then pg_try_advisory_lock_shared(${key}) else false end as locked`,
  )
  return rows[0].locked
}

/** Who holds the lock, in words: process, user, application, since when, what it runs. */
async function describeHolder(session: Session, key: bigint): Promise<string> {
  const { rows } = await session.query(`
    select pid, usename, application_name, client_addr::text as client, state, left(query, 500) as query,
           extract(epoch from clock_timestamp() - backend_start) * 1000 as connected,
           extract(epoch from clock_timestamp() - query_start) * 1000 as running
      from pg_locks join pg_stat_activity using (pid) where datname = current_database() and ${lockRows(key)}`)
  const holder = rows[0]
  if (!holder) return 'a session that has ended since'
  const facts = [
    holder.application_name || 'no application name',
    `user ${holder.usename}`,
    holder.client && `from ${holder.client}`,
    holder.connected && `connected for ${formatDuration(Number(holder.connected))}`,
  ].filter(Boolean)
  const query = publicQuery(holder.query)
  const doing =
    holder.state === 'active'
      ? `runs for ${formatDuration(Number(holder.running))}`
      : `is ${holder.state ?? 'busy'}, last ran`
  return `pid ${holder.pid} (${facts.join(', ')}), which ${doing}: ${query}`
}

function timeout(budget: number, holder: string): Failure {
  return new Failure('LockTimeout', {
    summary: `another migrator still held the run lock after ${formatDuration(budget)}`,
    details: [`Held by ${holder}`],
    state: ['Nothing was changed by this run; the other one goes on.'],
    remedy:
      'wait for it and run this again; if it hangs, stop its process (delete its pod): the lock is free seconds later',
  })
}
