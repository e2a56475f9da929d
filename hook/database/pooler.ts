import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { connectOnce, describeTarget } from './connect.ts'
import type { Session } from './session.ts'

/**
 * Refuses a connection whose statements are spread over several server processes, as a pooler in transaction mode does: the run
 * lock would be taken in one and the migrations run in another (authentik#23876). Throws ConfigInvalid with the remedy.
 *
 * A pooler shows in that the process announced at login (BackendKeyData, PostgreSQL docs 54.2.1) is not the one that answers.
 * One in session mode is fine, so a mark is left in the server process and looked for from both sides.
 */
export async function refuseTransactionPooler(session: Session, config: Config): Promise<void> {
  const backend = await backendPid(session)
  if (backend === session.pid) return
  const mark = randomBytes(8).toString('hex')
  await session.query(`select set_config('lotse.mark', '${mark}', false)`)
  const other = await connectOnce(config.database, 'lotse looks for a pooler', 2_000).catch(() => undefined)
  if (!other) return // every server connection is taken by a session of its own, ours among them
  try {
    if ((await seesMark(other, mark)) || (await backendPid(session)) !== backend) throw refusal(config)
  } finally {
    await other.end().catch(() => {})
  }
}

/** Whether another client was handed the server process that the mark is in. Leaves its transaction open, to keep that process. */
async function seesMark(client: pg.Client, mark: string): Promise<boolean> {
  const answer = client.query(
    `begin; select current_setting('lotse.mark', true) = '${mark}' as seen`,
  ) as unknown as Promise<pg.QueryResult[]>
  // In session mode the pool may have no free server connection; then nothing answers, which proves the mode too.
  const nothing = delay(2_000, undefined, { ref: false })
  const results = await Promise.race([answer.catch(() => undefined), nothing])
  return results?.[1]?.rows[0].seen === true
}

async function backendPid(session: Session): Promise<number> {
  return (await session.query('select pg_backend_pid() as pid')).rows[0].pid
}

function refusal({ database }: Config): Failure {
  return new Failure('ConfigInvalid', {
    summary: `${describeTarget(database)} is a connection pooler in transaction mode, through which no lock can be held`,
    details: [
      'Each transaction may run in another server process there, so two migrators could work at the same time.',
    ],
    state: ['Nothing was changed.'],
    remedy:
      "give the migrator the database's own host and port (in the chart migrations.database.host; else DATABASE_URL), or a pool in session mode",
  })
}
