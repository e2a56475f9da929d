import type { Socket } from 'node:net'
import pg from 'pg'

/** What pg has in a connection but does not type. */
type Connection = {
  readonly stream: Socket
  connect: (port: number, host: string) => void
  attachListeners: (stream: Socket) => void
  emit: (event: 'sslconnect') => void
}

/**
 * A connection for sslmode prefer: where the server answers the request for TLS with N, it goes on in plain text on the same
 * socket, as libpq does (PostgreSQL docs, "SSL Session Encryption"). pg by itself gives up there, and a second connection costs a server process.
 */
export function preferringTls(config: pg.ConnectionConfig): pg.Connection {
  const connection = new pg.Connection(config)
  const own = connection as unknown as Connection
  const { stream, connect } = own
  own.connect = (port, host) => {
    connect.call(own, port, host)
    const [takeAnswer] = stream.listeners('data')
    stream.removeAllListeners('data').once('data', (answer: Buffer) => {
      if (answer.toString() !== 'N') return takeAnswer?.call(stream, answer)
      own.attachListeners(stream)
      own.emit('sslconnect')
    })
  }
  return connection
}
