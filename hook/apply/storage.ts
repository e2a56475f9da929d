import type { UmzugStorage } from 'umzug'
import { readHistory } from '../database/history.ts'
import type { Run } from './run.ts'

/**
 * The history as Umzug's storage. Umzug records after `up` has returned (umzug#708), which is too late: each migration has settled
 * its row in its own transaction by then, and there is nothing left to write.
 */
export const umzugStorage: UmzugStorage<Run> = {
  executed: async ({ context }) => {
    const { rows } = await readHistory(context.session, context.table)
    return rows.filter((row) => row.state !== 'started').map((row) => row.name)
  },
  logMigration: async () => {},
  unlogMigration: async () => {},
}
