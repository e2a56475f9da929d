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
 * SQL that puts a session of a server of this major version into the state every migration may rely on, whatever the one before it
 * has set. Single statements: SET costs the server a fifth of what a SELECT of set_config() does.
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
