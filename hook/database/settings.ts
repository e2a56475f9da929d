/**
 * What Lotse sets in its own session, so that neither a killed pod nor a server's defaults can harm a run. A setting that the
 * server's version does not have is passed over (client_connection_check_interval and idle_session_timeout came with 14,
 * transaction_timeout with 17). Values are in PostgreSQL's own units.
 */
const settings = {
  // A killed client is noticed while its statement runs, and the run lock is free a second later (PostgreSQL docs 19.3.2).
  client_connection_check_interval: '1s',
  // A lost node sends no FIN: about 25 s until the server gives up on it, instead of two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '25s',
  // A role's or a database's time limits would drop the lock between two migrations, or cut an index build in half.
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
  statement_timeout: '0',
  lock_timeout: '0',
} as const

const values = Object.entries(settings)
  .map(([name, value]) => `('${name}', '${value}')`)
  .join(', ')

/** SQL that puts the session into the state every migration may rely on, whatever the one before it has set. */
export const resetSession: readonly string[] = [
  'reset session authorization',
  'reset role',
  'reset all',
  `select set_config(name, value, false) from (values ${values}) as wanted (name, value) where current_setting(name, true) is not null`,
]
