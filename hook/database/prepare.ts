import type { Config } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { describeTarget } from './connect.ts'
import { refuseTransactionPooler } from './pooler.ts'
import type { Session } from './session.ts'

/**
 * Makes a session one that can hold the lock and migrate: settings of its own, a server that takes writes, a server process of its
 * own. Throws DatabaseUnreachable for a standby, ConfigInvalid for a pooler in transaction mode.
 */
export async function prepareSession(session: Session, config: Config): Promise<void> {
  // First: through a pooler the settings would stay behind in server processes that the application uses.
  await refuseTransactionPooler(session, config)
  const results = await session.queries(
    [
      ...resetSession(session.major),
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as readonly`,
    ].join(';'),
  )
  const { standby, readonly } = results.at(-1)?.rows[0] ?? {}
  if (standby || readonly) throw takesNoWrites(config, standby)
}

function takesNoWrites({ database }: Config, standby: boolean): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `${describeTarget(database)} takes no writes: ${standby ? 'it is a standby' : 'its transactions are read-only (default_transaction_read_only)'}`,
    state: ['Nothing was changed.'],
    remedy: standby ? 'give the host of the primary' : 'lift default_transaction_read_only for this user or database',
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
export function freshSession(major: number): readonly string[] {
  return [...resetSession(major), ...forget]
}

/**
 * SQL that gives the session of a server of this major version its own settings back. Single statements: SET costs the server a
 * fifth of what a SELECT of set_config() does.
 */
export function resetSession(major: number): readonly string[] {
  const known = Object.entries(settings).filter(([, [since]]) => major >= since)
  return [
    'reset session authorization',
    'reset role',
    'reset all',
    ...known.map(([name, [, value]]) => `set ${name} = '${value}'`),
  ]
}
