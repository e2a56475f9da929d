import { type ChildProcess, spawn } from 'node:child_process'
import { until } from './command.ts'

/** The API server, asked over plain HTTP on loopback: a question that is asked again and again costs a request and not a process. */
export type Api = {
  /** What is at a path, as text or, by `get`, as what its JSON says. Throws what is not answered with success. */
  readonly read: (path: string) => Promise<string>
  readonly get: <T>(path: string) => Promise<T>
  readonly post: <T>(path: string, body: object) => Promise<T>
  readonly stop: () => void
}

/** `kubectl proxy` on a free port, started by the first question. */
export function proxyToApi(): Api {
  let child: ChildProcess | undefined
  let address: Promise<string> | undefined
  const start = (): Promise<string> => {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = proxy
    let output = ''
    for (const stream of [proxy.stdout, proxy.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    return until(
      () => `kubectl proxy serves: ${output}`,
      async () => /Starting to serve on (\S+)/.exec(output)?.[1],
      20_000,
    )
  }
  const ask = async (method: 'GET' | 'POST', path: string, body?: object): Promise<string> => {
    address ??= start()
    const headers = { 'content-type': 'application/json' }
    const sent = body && { headers, body: JSON.stringify(body) }
    const response = await fetch(`http://${await address}${path}`, { method, ...sent })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
    return text
  }
  return {
    read: (path) => ask('GET', path),
    get: async (path) => JSON.parse(await ask('GET', path)),
    post: async (path, body) => JSON.parse(await ask('POST', path, body)),
    stop: () => void child?.kill(),
  }
}
