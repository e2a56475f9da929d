import { connect } from 'node:net'
import type pg from 'pg'
import type { Database } from '../config/database.ts'

/** What pg keeps of BackendKeyData but does not type. */
type BackendKey = { readonly processID: number; readonly secretKey: number }

const cancelRequestCode = 80_877_102

/**
 * Asks the server to cancel what this connection is running, by a CancelRequest on a socket of its own
 * (PostgreSQL docs 54.2.7). It needs no login and no free connection slot. Resolves when the server has closed the socket,
 * or after 1 s: the caller closes the connection next, and client_connection_check_interval then ends the statement.
 */
export function cancelStatement(client: pg.Client, { host, port }: Database): Promise<void> {
  const { processID, secretKey } = client as unknown as BackendKey
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(cancelRequestCode, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('connect', () => socket.write(request))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve())
    socket.resume()
  })
}
