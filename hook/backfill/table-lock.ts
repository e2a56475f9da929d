import { hash } from 'node:crypto'
import { poll } from '../poll.ts'
import type { Filling } from './one-batch.ts'

/** Half of the advisory key; the other half is the table. */
const kind = hash('sha256', 'lotse backfill', 'buffer').readInt32BE(0)

/** Runs `work` while this session alone goes through the table. Waits without end for another one, and says for whom. */
export async function withTableLock<T>(
  { session, emit, assertCurrent, migration: { name } }: Filling,
  oid: number,
  work: () => Promise<T>,
): Promise<T> {
  // An oid has 32 bits without a sign.
  const key = `${kind}, ${oid | 0}`
  await poll<true, string>(
    {
      budget: Number.POSITIVE_INFINITY,
      signal: session.signal,
      pause: () => 300 + Math.random() * 400,
      report: (holder, elapsed) =>
        emit({
          event: 'backfill.holding',
          name,
          reasons: [`another backfill goes through the table (${holder})`],
          elapsed,
        }),
    },
    async () => {
      assertCurrent()
      const { rows } = await session.query(`select pg_try_advisory_lock(${key}) as taken`)
      if (rows[0].taken) return { kind: 'found', value: true }
      const { rows: holders } = await session.query(
        `select pid, application_name as application from pg_locks left join pg_stat_activity using (pid)
          where locktype = 'advisory' and granted and objsubid = 2 and classid::int8::bit(32) = (${kind})::int8::bit(32) and objid = ${oid}`,
      )
      const [holder] = holders
      return { kind: 'waiting', state: holder ? `pid ${holder.pid}, ${holder.application}` : 'which has just ended' }
    },
  )
  try {
    return await work()
  } finally {
    await session.cleanUp(`select pg_advisory_unlock(${key})`)
  }
}
