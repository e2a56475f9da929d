import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Milliseconds by which a replica shows later what its primary has: the greatest until `over` resolves. Writes a mark ten times a second. */
export async function greatestLag(primary: string, replica: string, over: Promise<unknown>): Promise<number> {
  let running = true
  const end = over.finally(() => {
    running = false
  })
  const [writer, reader] = [new pg.Client(primary), new pg.Client(replica)]
  await Promise.all([writer.connect(), reader.connect()])
  await writer.query('drop table if exists mark; create table mark as select 0::float8 as at')
  const reading = async (): Promise<number> => {
    let most = 0
    while (running) {
      const seen = await reader.query('select at from mark').catch(() => ({ rows: [] }))
      const at = seen.rows[0]?.at
      if (at > 0) most = Math.max(most, performance.now() - at)
      await delay(50)
    }
    return most
  }
  const writing = async (): Promise<void> => {
    while (running) {
      await writer.query('update mark set at = $1', [performance.now()])
      await delay(100)
    }
  }
  try {
    const [most] = await Promise.all([reading(), writing(), end])
    return most
  } finally {
    await Promise.all([writer.end(), reader.end()])
  }
}

/** A line to a server that lets through so many bytes a second on the way from it. Returns its port and what closes it. */
export async function slowLine(port: number, bytes: number): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>()
  const line = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      upstream.pause()
      client.write(chunk)
      setTimeout(() => upstream.resume(), (chunk.length / bytes) * 1_000)
    })
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  const { port: own } = line.address() as { port: number }
  const close = (): void => {
    line.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: own, close }
}
