import { createServer } from 'node:http'
import { Failure } from '../failure.ts'

/** What a guard beside a container answers to the kubelet. */
export type Probes = {
  /** Whether the lock is held or was given up. */
  decided: boolean
  held: boolean
  readonly close: () => void
}

/**
 * Answers GET /decided and GET /held with 200 while they are true, with 503 while not. On every address of the pod, since the
 * kubelet asks from outside. Throws ConfigInvalid when the port cannot be had.
 */
export function openProbes(port: number): Promise<Probes> {
  return new Promise((resolve, reject) => {
    const server = createServer(({ url }, response) => {
      const states: Record<string, boolean> = { '/decided': probes.decided, '/held': probes.held }
      const state = states[url ?? '']
      const [code, text] = state === undefined ? [404, 'ask /decided or /held'] : state ? [200, 'yes'] : [503, 'no']
      response.writeHead(code, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`)
    })
    const probes: Probes = {
      decided: false,
      held: false,
      close: () => {
        server.close()
        server.closeAllConnections()
      },
    }
    server.on('error', (cause: NodeJS.ErrnoException) => reject(unusable(port, cause)))
    server.listen(port, () => resolve(probes))
  })
}

function unusable(port: number, cause: NodeJS.ErrnoException): Failure {
  return new Failure('ConfigInvalid', {
    summary: `--port: cannot listen on port ${port}: ${cause.code === 'EADDRINUSE' ? 'something else does' : cause.message}`,
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'give a port above 1023 that no other container of the pod uses',
    cause,
  })
}
