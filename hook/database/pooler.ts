import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { connectOnce, describeTarget } from './connect.ts'
import type { Session } from './session.ts'

/** Each look may come between the others' transactions of a busy pool and prove nothing; so many will not. */
const looks = 10

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
  // A pooler announces a process of its own; who watches the session needs the one that works.
  session.pid = backend
  const other = await connectOnce(session.database, 'lotse looks for a pooler', 2_000).catch(() => undefined)
  if (!other) return // every server connection is taken by a session of its own, ours among them
  try {
    for (let look = 0; look < looks; look++) {
      const mark = randomBytes(8).toString('hex')
      await session.query(`select set_config('lotse.mark', '${mark}', false)`)
      const seen = await lookFor(other, mark, backend)
      if (seen === 'shared' || (await backendPid(session)) !== backend) throw refusal(config)
      if (seen === 'nothing') return
      await other.query('rollback')
    }
  } finally {
    await other.end().catch(() => {})
  }
}

/**
 * Whether another client is handed the server process that the mark is in, or somebody has run something in it since; as long as
 * it is ours alone, leaving the mark is what it ran last. Leaves its transaction open, to keep the process it got.
 */
async function lookFor(client: pg.Client, mark: string, backend: number): Promise<'shared' | 'ours' | 'nothing'> {
  const answer = client.query(
    `begin;
     select current_setting('lotse.mark', true) is distinct from '${mark}' and (not current_setting('track_activities')::bool
       or exists (select from pg_stat_activity where pid = ${backend} and query like '%${mark}%')) as ours`,
  ) as unknown as Promise<pg.QueryResult[]>
  // In session mode the pool may have no free server connection; then nothing answers, which proves the mode too.
  const nothing = delay(2_000, undefined, { ref: false })
  const results = await Promise.race([answer.catch(() => undefined), nothing])
  if (!results) return 'nothing'
  return results[1]?.rows[0].ours ? 'ours' : 'shared'
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
