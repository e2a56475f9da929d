import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import { identifier, literal } from '../sql/quote.ts'
import type { Source } from './tool.ts'

/**
 * Keeps the tool from migrating while `work` reads its table, by the lock that it takes itself, where it takes one.
 * Throws PlanRefused when the tool holds it.
 */
export async function withToolLock<T>(session: Session, source: Source, work: () => Promise<T>): Promise<T> {
  const { history, tool } = source
  await assertTableFree(session, source)
  if (!tool.lockKey) return work()
  const { rows } = await session.query('select current_database() as name')
  const key = tool.lockKey({ database: rows[0].name, schema: history.schema, table: history.table })
  const taken = await session.query(`select pg_try_advisory_lock(${key}) as taken`)
  if (!taken.rows[0].taken) throw atWork(source, await holderOf(session, key))
  try {
    return await work()
  } finally {
    await session.cleanUp(`select pg_advisory_unlock(${key})`)
  }
}

async function assertTableFree(session: Session, { history, tool }: Source): Promise<void> {
  if (!tool.lockTable) return
  const { ending, held, release } = tool.lockTable
  const table = identifier([history.schema, `${history.table}${ending}`])
  const exists = await session.query(`select to_regclass(${literal(table)}) is not null as found`)
  if (!exists.rows[0].found) return
  const { rows } = await session.query(`select exists (select from ${table} where ${held}) as held`)
  if (!rows[0].held) return
  throw new Failure('PlanRefused', {
    summary: `${tool.known.tool} is migrating this database, or was stopped while it did: ${table} is locked`,
    state: ['Nothing was changed.'],
    remedy: `let it finish; if it is not running any more, see what it left half done and free the lock with ${release}`,
  })
}

/** The process that holds an advisory lock: a 64-bit key shows as classid and objid (PostgreSQL docs 53.13). */
async function holderOf(session: Session, key: bigint): Promise<string> {
  const [high, low] = [(key >> 32n) & 0xffff_ffffn, key & 0xffff_ffffn]
  const { rows } = await session.query(
    `select pid, usename, application_name from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and classid = ${high} and objid = ${low} and objsubid = 1 and granted limit 1`,
  )
  const [holder] = rows
  return holder
    ? `pid ${holder.pid} (${[holder.application_name, `user ${holder.usename}`].filter(Boolean).join(', ')})`
    : 'a session that has ended since'
}

function atWork({ tool }: Source, holder: string): Failure {
  return new Failure('PlanRefused', {
    summary: `${tool.known.tool} is migrating this database: ${holder} holds its lock`,
    state: ['Nothing was changed.'],
    remedy: { kind: 'runAgain', after: `let ${tool.known.tool} finish` },
  })
}
