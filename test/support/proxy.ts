import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What becomes of a message on its way from client to server. */
export type Verdict = 'forward' | 'drop before' | 'drop after' | 'freeze after'

export type Network = {
  readonly url: string
  /** Stops forwarding in both directions without closing anything, as a pulled cable does. New connections go nowhere. */
  readonly freeze: () => void
  /** Resets every connection, at both ends, and forwards new ones again. */
  readonly drop: () => void
  /** Leads new connections to another server, as a name does after a failover. */
  readonly lead: (url: string) => void
}

/**
 * A network between a client and the server of `url`, to be cut. `judge` sees each message of a client: `drop before` resets the
 * connection in its place, `drop after` once the server has answered it, `freeze after` lets it through and nothing after it.
 */
export async function startProxy(url: string, judge: (message: Buffer) => Verdict = () => 'forward'): Promise<Network> {
  let target = new URL(url)
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true })
    let verdict: Verdict = 'forward'
    const reset = (): void => {
      for (const socket of [client, upstream]) socket.resetAndDestroy()
    }
    client.on('data', (chunk) => {
      if (frozen || verdict !== 'forward') return
      verdict = judge(chunk)
      if (verdict === 'drop before') return reset()
      upstream.write(chunk)
      if (verdict === 'freeze after') frozen = true
    })
    upstream.on('data', (chunk) => {
      if (verdict === 'drop after') return reset()
      if (!frozen) client.write(chunk)
    })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('end', () => frozen || to.end())
      from.on('error', () => frozen || to.resetAndDestroy())
      from.on('close', () => sockets.delete(from))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const drop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
    frozen = false
  }
  onTestFinished(() => {
    drop()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return {
    url: Object.assign(new URL(url), { port: String(port) }).href,
    freeze: () => {
      frozen = true
    },
    drop,
    lead: (other) => {
      target = new URL(other)
    },
  }
}
