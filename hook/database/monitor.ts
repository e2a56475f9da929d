import type pg from 'pg'
import { describeBlockers } from './blockers.ts'
import { connectOnce } from './connect.ts'
import type { Session } from './session.ts'

/** What a second connection sees of a migration that takes long. */
export type Sighting = {
  /** Why it stands still, in lines for people; empty while it works. */
  readonly blockers: readonly string[]
  /** How far an index build is, for example `building index: scanning table 42 %`. */
  readonly progress: string | undefined
}

export type Monitor = {
  /** The blockers seen last, of the time since the monitor started. */
  readonly blockers: () => readonly string[]
  /** Forgets the blockers seen, when another attempt begins. */
  readonly forget: () => void
  readonly stop: () => void
}

const progressSql = `
  select phase, blocks_total, blocks_done, tuples_total, tuples_done, lockers_total, lockers_done
    from pg_stat_progress_create_index where pid = $1`

/**
 * Watches a server process from a second connection, opened only when the migration is still running after `patience`
 * milliseconds. Looks every `period` milliseconds. A monitor that cannot connect sees nothing; the migration goes on.
 */
export function watch(
  session: Pick<Session, 'database' | 'pid'>,
  patience: number,
  period: number,
  onSighting: (sighting: Sighting) => void,
): Monitor {
  let blockers: readonly string[] = []
  let client: pg.Client | undefined
  let ended = false
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    client ??= await connectOnce(session.database, 'lotse watches a migration', 5_000)
    const seen = await describeBlockers(client, session.pid)
    if (seen.length > 0) blockers = seen
    onSighting({ blockers: seen, progress: await readProgress(client, session.pid) })
  }
  const loop = async (): Promise<void> => {
    await look().catch(() => {})
    if (!ended) next(period)
  }
  let running: Promise<void> = Promise.resolve()
  const next = (pause: number): void => {
    timer = setTimeout(() => {
      running = loop()
    }, pause)
  }
  next(patience)
  return {
    blockers: () => blockers,
    forget: () => {
      blockers = []
    },
    stop: () => {
      ended = true
      clearTimeout(timer)
      // Nobody waits for the last look: on a dead network it would not end.
      void running.finally(() => client?.end().catch(() => {}))
    },
  }
}

/** Progress of CREATE INDEX and REINDEX (PostgreSQL docs 27.4.4); undefined when the process builds none. */
async function readProgress(client: pg.Client, pid: number): Promise<string | undefined> {
  const [row] = (await client.query(progressSql, [pid])).rows
  if (!row) return undefined
  const share = [
    [row.lockers_done, row.lockers_total],
    [row.tuples_done, row.tuples_total],
    [row.blocks_done, row.blocks_total],
  ].find(([, total]) => Number(total) > 0)
  return `${row.phase}${share ? ` ${Math.floor((100 * Number(share[0])) / Number(share[1]))} %` : ''}`
}
