import type { Config } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { describeTarget } from './connect.ts'
import { refuseTransactionPooler } from './pooler.ts'
import type { Session } from './session.ts'
import { resetSession } from './settings.ts'

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
