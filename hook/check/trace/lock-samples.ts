import { setTimeout as delay } from 'node:timers/promises'
import { connectOnce } from '../../database/connect.ts'
import type { Session } from '../../database/session.ts'
import { modeName } from './look.ts'

/** A lock of a session as another one saw it, in milliseconds since the sampling began. */
export type SampledLock = { readonly key: string; readonly mode: string; readonly from: number; to: number }

const own = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`

/**
 * Samples the table locks of a session from a second connection while `perform` runs: what a statement outside of a transaction holds is
 * gone when it ends. A lock that is held for a shorter time than a look takes may be missed. Each look is a transaction of its own, which
 * CREATE INDEX CONCURRENTLY does not wait for.
 */
export async function sampleLocks(
  { database, pid }: Session,
  perform: () => Promise<void>,
): Promise<readonly SampledLock[]> {
  // A server that has no connection left must not end what is traced: its locks are not seen, then.
  const client = await connectOnce(database, 'lotse traces a migration', 5_000).catch(() => undefined)
  const seen = new Map<string, SampledLock>()
  const ended = new AbortController()
  const started = performance.now()
  const sample = async (): Promise<void> => {
    while (client && !ended.signal.aborted) {
      const { rows } = await client.query(
        `select n.nspname || '.' || c.relname as key, l.mode from pg_locks l join pg_class c on c.oid = l.relation
           join pg_namespace n on n.oid = c.relnamespace
          where l.pid = $1 and l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'm') and ${own}`,
        [pid],
      )
      const now = performance.now() - started
      for (const { key, mode } of rows) {
        const id = `${key} ${mode}`
        const lock = seen.get(id) ?? { key, mode: modeName(mode), from: now, to: now }
        lock.to = now
        seen.set(id, lock)
      }
      await delay(10, undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  const sampling = sample().catch(() => {})
  try {
    await perform()
  } finally {
    ended.abort()
    await sampling
    await client?.end().catch(() => {})
  }
  return [...seen.values()]
}
