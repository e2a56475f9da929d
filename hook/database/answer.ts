import type { Database } from '../config/database.ts'
import { Failure } from '../failure.ts'
import { type Connected, describeTarget, leastPatience } from './connect.ts'

/**
 * Bounds the first answer of a connection to what connecting may take, in milliseconds: a pooler lets one in while its server is down or has no connection left, and then
 * says nothing. Returns what every query of the connection goes through. It throws DatabaseUnreachable when that time is over.
 */
export function untilAnswered(
  client: Connected,
  database: Database,
  budget: number,
): <T>(ask: () => Promise<T>) => Promise<T> {
  let answered = false
  return async (ask) => {
    if (answered) return ask()
    let silent = false
    const giveUp = setTimeout(
      () => {
        silent = true
        client.connection.stream.destroy()
      },
      Math.max(leastPatience, budget),
    )
    try {
      return await ask()
    } catch (error) {
      throw silent ? saidNothing(database, budget, error) : error
    } finally {
      clearTimeout(giveUp)
      answered = true
    }
  }
}

function saidNothing(database: Database, budget: number, cause: unknown): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `database ${describeTarget(database)} let ${database.user} in and answered nothing for ${Math.round(budget / 1000)} s`,
    state: ['Nothing was changed.'],
    remedy:
      'if this is a pooler, check that the server behind it is up and that it has a connection left; then run it again; LOTSE_CONNECT_TIMEOUT is how long to wait',
    cause,
  })
}
