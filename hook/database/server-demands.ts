import type pg from 'pg'
import type { Database } from '../config/connection.ts'

/** What the connection settings demand of a server beyond what pg sees to itself. */

/**
 * Ends the connection unless the server logs us in by SCRAM bound to the TLS connection (libpq: channel_binding=require), before
 * any other proof of the password is sent. pg alone binds where the server offers it and goes on where it does not.
 * Returns what to call once connected: it throws where a server let us in without asking for anything.
 */
export function demandChannelBinding(client: pg.Client): () => void {
  const { connection } = client
  const events: NodeJS.EventEmitter = connection
  const unbound = new Error('channel_binding=require, but the server offers no SCRAM with channel binding')
  let bound = false
  // The stream is read anew: it is another one once TLS has begun.
  const refuse = (): void => void connection.stream.destroy(unbound)
  events.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse()
  })
  events.on('authenticationSASLFinal', () => {
    bound = true
  })
  for (const other of ['authenticationCleartextPassword', 'authenticationMD5Password']) events.on(other, refuse)
  return () => {
    if (bound) return
    refuse()
    throw unbound
  }
}

const demands = {
  'read-write': { sql: 'show transaction_read_only', refused: 'on', message: 'the session is read-only' },
  primary: { sql: 'select pg_is_in_recovery()::text', refused: 'true', message: 'the server is in hot standby mode' },
} as const

/**
 * Throws where the server is not what target_session_attrs asks for, or does not answer within `patience` milliseconds. SQLSTATE 57P03 (cannot_connect_now) makes it worth waiting
 * for: a standby may be promoted.
 */
export async function demandAttributes(
  client: pg.Client,
  wanted: Exclude<Database['sessionAttributes'], 'any'>,
  patience: number,
): Promise<void> {
  const { sql, refused, message } = demands[wanted]
  const ask = client.query({ text: sql, rowMode: 'array', query_timeout: patience } as pg.QueryArrayConfig)
  const { rows } = await ask.catch(async (error) => {
    client.connection.stream.destroy()
    throw Object.assign(error, { code: '57P03' })
  })
  if (rows[0]?.[0] !== refused) return
  await client.end()
  throw Object.assign(new Error(`${message}, and target_session_attrs=${wanted} is asked for`), { code: '57P03' })
}
