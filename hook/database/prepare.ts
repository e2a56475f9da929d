import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { formatDuration } from '../config/duration.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'
import { connectOnce, describeTarget } from './connect.ts'
import { ConnectionLost } from './errors.ts'
import { refuseTransactionPooler } from './pooler.ts'
import type { Session } from './session.ts'

/**
 * Makes a session one that can hold the lock and migrate: settings of its own, a server that takes writes, a server process of its
 * own. A standby is waited for, for `budget` milliseconds, like a database that is not up yet: it may be about to become the primary. Throws DatabaseUnreachable
 * for a server that takes no writes, ConfigInvalid for a pooler in transaction mode, ConnectionLost when the primary is elsewhere now.
 */
export async function prepareSession(
  session: Session,
  config: Config,
  emit: Emit,
  budget: number = config.budget.connect,
): Promise<void> {
  // First: through a pooler the settings would stay behind in server processes that the application uses.
  await refuseTransactionPooler(session, config)
  await session.queries(resetSession(session).join(';'))
  const target = describeTarget(session.database)
  const error = 'it is a read-only standby; waiting for it to become the primary'
  const ended = await poll<true, true>(
    {
      budget,
      signal: session.signal,
      pause: () => 500 + Math.random() * 1_000,
      report: (_, elapsed) => emit({ event: 'database.waiting', target, error, elapsed, budget }),
    },
    async () => {
      const { rows } = await session.query(
        `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as readonly`,
      )
      const { standby, readonly } = rows[0]
      if (standby && (await primaryIsElsewhere(config)))
        throw new ConnectionLost(new Error(`${target} now leads to another server, which is the primary`))
      if (readonly && !standby) throw readOnly(target)
      return standby ? { kind: 'waiting', state: true } : { kind: 'found', value: true }
    },
  )
  if (ended.kind === 'timeout') throw stillStandby(target, budget)
}

/** Whether a new connection reaches a primary: after a failover the same name leads to another server. */
async function primaryIsElsewhere({ database }: Config): Promise<boolean> {
  const client = await connectOnce(database, 'lotse looks for the primary', 2_000).catch(() => undefined)
  try {
    return (
      (
        await client?.query({
          text: 'select not pg_is_in_recovery() as primary',
          query_timeout: 2_000,
        } as pg.QueryConfig)
      )?.rows[0].primary === true
    )
  } catch {
    return false
  } finally {
    await client?.end().catch(() => {})
  }
}

function stillStandby(target: string, budget: number): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `${target} is a read-only standby, and did not become the primary within ${formatDuration(budget)}`,
    state: ['Nothing was changed.'],
    remedy: 'connect to the primary; LOTSE_CONNECT_TIMEOUT sets how long to wait for a failover',
  })
}

function readOnly(target: string): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `${target} takes no writes: its transactions are read-only (default_transaction_read_only)`,
    state: ['Nothing was changed.'],
    remedy: 'lift default_transaction_read_only for this user or database',
  })
}

/**
 * What Lotse sets in its own session, so that neither a killed pod nor a server's defaults can harm a run: since which major version
 * of PostgreSQL there is such a setting, and its value in PostgreSQL's own units.
 */
const settings = {
  // A killed client is noticed while its statement runs, and the run lock is free a second later (PostgreSQL docs 19.3.2).
  client_connection_check_interval: [14, '1s'],
  // A lost node sends no FIN: about 25 s until the server gives up on it, instead of two hours.
  tcp_keepalives_idle: [12, '10'],
  tcp_keepalives_interval: [12, '5'],
  tcp_keepalives_count: [12, '3'],
  tcp_user_timeout: [12, '25s'],
  // A role's or a database's time limits would drop the lock between two migrations, or cut an index build in half.
  idle_session_timeout: [14, '0'],
  idle_in_transaction_session_timeout: [12, '0'],
  transaction_timeout: [17, '0'],
  statement_timeout: [12, '0'],
  lock_timeout: [12, '0'],
} as const

/**
 * What a migration can leave in the session besides settings, and what takes it away: DISCARD ALL without the parts that release
 * the run lock or refuse a transaction (PostgreSQL docs, DISCARD). With nothing left behind, each costs some microseconds.
 */
const forget = ['close all', 'deallocate all', 'unlisten *', 'discard temp', 'discard sequences', 'discard plans']

/**
 * SQL that gives a migration the session that a new connection would give it, whatever the one before it has left behind.
 * It cannot take back everything: see outlivesReset().
 */
export function freshSession(session: Settled): readonly string[] {
  return [...resetSession(session), ...forget]
}

/** SQL that gives a session its own settings back. Single statements: SET costs the server a fifth of what a SELECT of set_config() does. */
export function resetSession(session: Settled): readonly string[] {
  return ['reset session authorization', 'reset role', 'reset all', ...ownSettings(session)]
}

/** SQL that sets Lotse's own settings alone, and those of this session. */
export function ownSettings(session: Settled): readonly string[] {
  const known = Object.entries(settings).filter(([, [since]]) => session.major >= since)
  return [...known.map(([name, [, value]]) => `set ${name} = '${value}'`), ...session.settings]
}

/** What of a session its settings depend on. */
type Settled = Pick<Session, 'major' | 'settings'>
