import type { UmzugStorage } from 'umzug'
import type { Work } from './work.ts'

/**
 * What Umzug has to know to run exactly the planned work: to apply, none of it is executed; to revert, all of it is. Umzug records
 * after `up` has returned (umzug#708), which is too late: each migration has settled its history row in its own transaction by then.
 */
export function umzugStorage(works: readonly Work[]): UmzugStorage {
  return {
    executed: async () => works.filter((work) => work.direction === 'down').map((work) => work.migration.name),
    logMigration: async () => {},
    unlogMigration: async () => {},
  }
}
