import type pg from 'pg'
import { formatDuration } from '../config/duration.ts'
import { publicQuery } from '../sql/mask.ts'
import type { Session } from './session.ts'

const facts = `usename, application_name, client_addr::text as client, state, backend_type,
         left(query, 500) as query, extract(epoch from clock_timestamp() - xact_start) * 1000 as age`

/**
 * Who keeps a process waiting, followed to the roots: a reader may wait for a waiting ALTER, which waits for the one at fault.
 * pg_blocking_pids names lock queues too (PostgreSQL docs 9.27.3). What it waits for is read by the same query, since a wait
 * that a lock timeout ends between two queries would be told without the table.
 */
const rootsSql = `
  with recursive wait as materialized (
    select mode, coalesce(relation::regclass::text, locktype) as what from pg_locks where pid = $1 and not granted limit 1
  ), chain (pid, path) as (
    select blocker, array[$1::int, blocker] from wait, unnest(pg_blocking_pids($1)) as blocker
    union all
    select blocker, path || blocker from chain, unnest(pg_blocking_pids(chain.pid)) as blocker
     where blocker <> all (path) and cardinality(path) < 20
  )
  select distinct pid, mode, what, ${facts}
    from wait, chain left join pg_stat_activity using (pid)
   where cardinality(pg_blocking_pids(pid)) = 0
   order by age desc nulls last limit 5`

/** What a process waits for and who is at the root of it, in lines for people; empty when it waits for nobody. */
export async function describeBlockers(monitor: pg.Client, pid: number): Promise<string[]> {
  const roots = (await monitor.query(rootsSql, [pid])).rows
  const [first] = roots
  if (!first) return []
  return [`Waiting for ${first.mode} on ${first.what}, blocked by`, ...roots.flatMap(describeRoot), ...grantHint(roots)]
}

/** A process by its pid, in lines for people; empty when it has ended. */
export async function describeProcess({ query }: Pick<Session, 'query'>, pid: number): Promise<string[]> {
  const processes = (await query(`select pid, ${facts} from pg_stat_activity where pid = $1`, [pid])).rows
  return [...processes.flatMap(describeRoot), ...grantHint(processes)]
}

type Root = {
  readonly pid: number
  readonly usename: string | null
  readonly application_name: string | null
  readonly client: string | null
  readonly state: string | null
  readonly backend_type: string | null
  readonly query: string | null
  readonly age: string | null
}

function describeRoot(root: Root): string[] {
  if (root.pid === 0) return ['- a prepared transaction; see SELECT * FROM pg_prepared_xacts']
  const known = [
    root.application_name,
    root.usename && `user ${root.usename}`,
    root.client && `from ${root.client}`,
    root.state,
    root.age && `in a transaction for ${formatDuration(Number(root.age))}`,
  ].filter(Boolean)
  const query = publicQuery(root.query ?? '')
  const vacuum = query.startsWith('autovacuum:') && query.includes('wraparound')
  return [
    `- pid ${root.pid} (${known.join(', ')}): ${query}`,
    ...(vacuum ? ['  An autovacuum that prevents wraparound does not give way; let it finish.'] : []),
  ]
}

function grantHint(roots: readonly Root[]): string[] {
  const hidden = roots.some((root) => root.query === '<insufficient privilege>')
  return hidden ? ['To see the queries of other users: GRANT pg_read_all_stats TO the role Lotse connects as'] : []
}
