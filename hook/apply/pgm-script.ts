import type { Session } from '../database/session.ts'
import type { Direction } from '../event.ts'
import { withMembers } from './refuse-members.ts'

type Query = Session['query']

const instead = 'write the SQL with pgm.sql(sql), or as a file N_name.sql'

/**
 * Runs a function that is written for node-pg-migrate: what it gives to `pgm.sql` runs after it has returned, as there, and `pgm.db`
 * is Lotse's session. Anything else is an error.
 */
export async function runForPgm(run: (pgm: unknown) => unknown, query: Query, direction: Direction): Promise<void> {
  const steps: string[] = []
  const db = withMembers(
    'pgm.db',
    { query, select: async (sql: string, values?: unknown[]) => (await query(sql, values)).rows },
    'use pgm.db.query(sql, values)',
  )
  const sql = (text: string, values?: unknown): void => {
    if (values !== undefined)
      throw new Error(`the values of pgm.sql(sql, values) are beyond what Lotse carries out; write them into the SQL`)
    steps.push(text)
  }
  await run(withMembers('pgm', { sql, db, noTransaction: () => {} }, instead))
  // A file may hold several statements: without values they go out as one message.
  for (const step of direction === 'up' ? steps : steps.toReversed()) await query(step)
}
