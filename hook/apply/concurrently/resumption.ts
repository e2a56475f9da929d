import type { Session } from '../../database/session.ts'
import type { Emit } from '../../event.ts'

/** What a resumption needs of the run: the session that holds the run lock, and somebody to tell. */
export type Run = { readonly session: Session; readonly emit: Emit }

/** What to do about a statement: run it, run another in its place, or nothing, since it is done. */
export type Next = 'run' | 'done' | { readonly instead: string }

/**
 * Keeps a statement outside of a transaction from being done twice or left half done. It asks the catalogue, since a killed run may
 * have ended before, inside or after the statement.
 */
export type Resumption = {
  /** Clears what an interrupted attempt left. `again`: the statement was begun before, by this run or a killed one. */
  readonly before: (run: Run, again: boolean) => Promise<Next>
  /** Throws when the statement ended without an error and yet without what it promises. */
  readonly after: (run: Run) => Promise<void>
  /** Whether queries of the application queue behind it while it waits for its lock. */
  readonly blocksQueries: boolean
}

/** For a statement that leaves nothing behind when it is interrupted. */
export const repeatable: Resumption = { before: async () => 'run', after: async () => {}, blocksQueries: true }
