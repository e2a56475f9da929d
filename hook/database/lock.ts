import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { formatDuration } from '../config/duration.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { HistoryTable } from './history.ts'
import type { Session } from './session.ts'

/** Sessions that hold the lock. A 64-bit key shows as classid and objid with objsubid 1 (PostgreSQL docs 53.12 pg_locks). */
const holderSql = `
  select a.pid, a.usename, a.application_name, a.client_addr::text as client, a.backend_start, a.state, left(a.query, 100) as query
    from pg_locks l join pg_stat_activity a using (pid)
   where l.locktype = 'advisory' and l.granted and l.objsubid = 1
     and l.database = (select oid from pg_database where datname = current_database())
     and (l.classid::bigint << 32 | l.objid::bigint) = `

/** The run lock's key: 64 bits of a hash of the history table's name. Advisory locks are per database already. */
export function lockKey(table: HistoryTable): bigint {
  return createHash('sha256').update(`lotse ${table.sql}`).digest().readBigInt64BE(0)
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
  signal: AbortSignal,
  emit: Emit,
  work: () => Promise<T>,
): Promise<T> {
  const key = lockKey(table)
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  let reported = 0
  while (!(await tryLock(session, key))) {
    if (elapsed() > budget) throw timeout(budget, await describeHolder(session, key))
    if (reported === 0 || elapsed() - reported > 10_000) {
      reported = elapsed()
      emit({ event: 'lock.waiting', holder: await describeHolder(session, key), elapsed: elapsed(), budget })
    }
    await delay(150 + Math.random() * 300, undefined, { signal })
  }
  emit({ event: 'lock.acquired', elapsed: elapsed() })
  try {
    return await work()
  } finally {
    await session.cleanUp(`select pg_advisory_unlock(${key})`)
  }
}

async function tryLock(session: Session, key: bigint): Promise<boolean> {
  const { rows } = await session.query(`select pg_try_advisory_lock(${key}) as locked`)
  return rows[0].locked
}

/** Who holds the lock, in words: process, user, application, since when, what it runs. */
async function describeHolder(session: Session, key: bigint): Promise<string> {
  const { rows } = await session.query(`${holderSql}${key}`)
  const holder = rows[0]
  if (!holder) return 'nobody any more'
  const from = holder.client ? ` from ${holder.client}` : ''
  const age = holder.backend_start
    ? `, connected for ${formatDuration(Date.now() - holder.backend_start.getTime())}`
    : ''
  return `pid ${holder.pid} (${holder.application_name || 'no application name'}, user ${holder.usename}${from}${age}): ${holder.query}`
}

function timeout(budget: number, holder: string): Failure {
  return new Failure('LockTimeout', {
    summary: `another migrator still held the run lock after ${formatDuration(budget)}`,
    details: [`Held by ${holder}`],
    state: ['Nothing was changed by this run; the other one goes on.'],
    remedy: 'wait for it and run this again; if it is dead, end it with SELECT pg_terminate_backend(PID)',
  })
}
