import type { Config } from '../config/config.ts'
import type { Session } from '../database/session.ts'
import type { HistoryTable } from '../database/table.ts'
import type { Emit } from '../event.ts'

/** What every way of applying a migration needs. The session holds the run lock. */
export type Run = {
  readonly config: Config
  readonly session: Session
  readonly table: HistoryTable
  readonly emit: Emit
  /** When the run has to be over, on the clock of performance.now(). */
  readonly deadline: number
}
