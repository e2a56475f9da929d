import { codeOf, messageOf } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { type Replica, replicaWatch } from './replica-lag.ts'

/** How far a replica may be behind where the file says nothing. Milliseconds. */
const defaultLag = 10_000

/** Segments of WAL that may wait for their archive. */
const mostSegments = 42

type Row = Awaited<ReturnType<Session['query']>>['rows'][number]

/** Looks whether a backfill of a table should give way. Returns the reasons in words; none when it may go on. */
export type Look = () => Promise<readonly string[]>

/**
 * Makes the look for a backfill. `oid` is its table. What the role has no right to see is told once, by `onUnseen`, and is no reason to wait.
 * The look throws MigrationFailed for a condition of the file's own that cannot be asked.
 */
export function wayGiver(session: Session, migration: Migration, oid: number, onUnseen: (what: string) => void): Look {
  const { maxLag = defaultLag, pauseWhen } = migration.directives.backfill ?? {}
  const judgeReplicas = replicaWatch(maxLag)
  const unseen = new Set<string>()
  const cannotSee = (what: string): void => {
    if (unseen.has(what)) return
    unseen.add(what)
    onUnseen(what)
  }
  return async () => {
    // One message: where the server is busy or far away, each costs the backfill time.
    const [locks, vacuums, senders] = await session.queries([waiters(oid), vacuum(oid), replicas].join('; '))
    const archives = locks?.rows[0].archives && !unseen.has(archive)
    return [
      ...judgeWaiters(locks?.rows[0]),
      ...judgeVacuums(vacuums?.rows ?? [], cannotSee),
      ...judgeSenders(senders?.rows ?? [], judgeReplicas, cannotSee),
      ...(archives ? await archiving(session, cannotSee) : []),
      ...(pauseWhen ? await ownCondition(session, migration, pauseWhen) : []),
    ]
  }
}

/** Between two batches nothing is locked, so whoever waits for the table now gets it when we do not go on. */
function waiters(oid: number): string {
  return `select count(*)::int as amount, min(mode) as mode, current_setting('archive_mode') <> 'off' as archives from pg_locks
      where not granted and locktype = 'relation' and relation = ${oid}
        and database = (select oid from pg_database where datname = current_database())`
}

function judgeWaiters({ amount, mode }: Row): readonly string[] {
  if (amount === 0) return []
  return [`${amount === 1 ? 'a session waits' : `${amount} sessions wait`} for ${mode} of the table`]
}

function vacuum(oid: number): string {
  return `select pid, relid is null as hidden, phase from pg_stat_progress_vacuum
      where datname = current_database() and (relid is null or relid = ${oid})`
}

function judgeVacuums(rows: readonly Row[], cannotSee: (what: string) => void): readonly string[] {
  if (rows.some(({ hidden }) => hidden)) cannotSee('which table is vacuumed')
  return rows.filter(({ hidden }) => !hidden).map(({ pid, phase }) => `the table is vacuumed (pid ${pid}, ${phase})`)
}

const replicas = `select coalesce(nullif(application_name, ''), client_addr::text, 'pid ' || pid) as name, state is null as hidden,
            pg_wal_lsn_diff(replay_lsn, '0/0')::float8 as replayed, extract(epoch from replay_lag)::float8 * 1000 as reported,
            pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as written
       from pg_stat_replication where state is null or state in ('streaming', 'catchup')`

function judgeSenders(
  rows: readonly Row[],
  judge: ReturnType<typeof replicaWatch>,
  cannotSee: (what: string) => void,
): readonly string[] {
  if (rows.some(({ hidden }) => hidden)) cannotSee('how far replicas are behind')
  const known = rows.filter(({ hidden, replayed }) => !hidden && replayed !== null)
  const [first] = known
  if (!first) return []
  const seen = known.map(
    ({ name, replayed, reported }): Replica => ({ name, replayed, reported: reported ?? undefined }),
  )
  return judge(performance.now(), first.written, seen)
}

const archive = 'how much WAL waits for its archive'

async function archiving(session: Session, cannotSee: (what: string) => void): Promise<readonly string[]> {
  try {
    const { rows } = await session.query(
      `select count(*)::int as segments from pg_ls_archive_statusdir() where name like '%.ready'`,
    )
    const { segments } = rows[0]
    return segments > mostSegments ? [`${segments} segments of WAL wait for their archive`] : []
  } catch (error) {
    if (codeOf(error) !== '42501') throw error
    cannotSee(archive)
    return []
  }
}

async function ownCondition(session: Session, { file }: Migration, condition: string): Promise<readonly string[]> {
  try {
    const [, , asked] = await session.queries(
      `begin read only; set local statement_timeout = 5000; select (${condition}\n) as holds; rollback`,
    )
    return asked?.rows[0]?.holds === true ? [`pause-when: ${condition}`] : []
  } catch (error) {
    await session.cleanUp('rollback')
    if (session.lostBy(error) || session.signal.aborted) throw error
    throw new Failure('MigrationFailed', {
      summary: `${file}: its condition pause-when cannot be asked: ${messageOf(error)} (SQLSTATE ${codeOf(error)})`,
      details: [condition],
      state: ['Batches that are done are kept; the next lotse finish goes on after them.'],
      remedy: { kind: 'changeFiles', change: `correct the condition in ${file}` },
      cause: error,
    })
  }
}
