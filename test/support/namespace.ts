import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { proxyToApi } from './api.ts'
import { must, type Result, run, until } from './command.ts'

/** A namespace of a story's own, in which Pod Security `restricted` is enforced. */
export type Namespace = {
  readonly name: string
  readonly kubectl: (...args: string[]) => Promise<string>
  readonly apply: (manifest: string) => Promise<string>
  /**
   * What the API server has at a path below this namespace, or another one: `get('apis/batch/v1', 'jobs')`. Cheaper than kubectl,
   * so made for what is asked until it is so.
   */
  readonly get: <T>(group: string, path: string, namespace?: string) => Promise<T>
  /** Creates something there, or asks an application there. */
  readonly post: <T>(group: string, path: string, body: object) => Promise<T>
  /** What a container of a pod has printed so far. */
  readonly log: (pod: string, container: string) => Promise<string>
  /** What the API server says of objects without keeping them. */
  readonly dryRun: (manifest: string) => Promise<Result>
  /** Forwards a loopback port to a pod or Service until the namespace is deleted; returns the local port. */
  readonly forward: (target: string, port: number) => Promise<number>
  /** Types a script into bash, with this namespace as kubectl's; returns its standard output. Throws when any command of it fails. */
  readonly type: (script: string) => Promise<string>
  /** Names of the pods that carry this label. */
  readonly pods: (selector: string) => Promise<string[]>
  readonly delete: () => Promise<void>
}

export async function createNamespace(prefix: string): Promise<Namespace> {
  const name = `${prefix}-${randomBytes(3).toString('hex')}`
  const forwards: (() => void)[] = []
  const api = proxyToApi()
  const at = (group: string, path: string, namespace = name): string => `/${group}/namespaces/${namespace}/${path}`
  const kubectl = (...args: string[]): Promise<string> => must('kubectl', ['--namespace', name, ...args])
  const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'])
  const metadata = { name, labels: Object.fromEntries(levels) }
  await must('kubectl', ['create', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }),
  })
  return {
    name,
    kubectl,
    apply: (input) => must('kubectl', ['--namespace', name, 'apply', '-f', '-'], { input }),
    get: (group, path, namespace) => api.get(at(group, path, namespace)),
    post: (group, path, body) => api.post(at(group, path), body),
    log: (pod, container) => api.read(at('api/v1', `pods/${pod}/log?container=${container}`)),
    dryRun: (input) => run('kubectl', ['--namespace', name, 'apply', '--dry-run=server', '-f', '-'], { input }),
    forward: async (target, port) => {
      const child = spawn('kubectl', [
        '--namespace',
        name,
        'port-forward',
        target,
        `:${port}`,
        '--address',
        '127.0.0.1',
      ])
      forwards.push(() => child.kill())
      let output = ''
      child.stdout.on('data', (chunk) => {
        output += chunk
      })
      child.stderr.on('data', (chunk) => {
        output += chunk
      })
      const found = await until(
        `a port forwarded to ${target}`,
        async () => /127\.0\.0\.1:(\d+)/.exec(output)?.[1],
        20_000,
      )
      return Number(found)
    },
    type: (script) => {
      const here = `kubectl() { command kubectl --namespace ${name} "$@"; }`
      return must('bash', ['-euo', 'pipefail', '-c', `${here}\n${script}`])
    },
    pods: async (selector) => {
      const path = `pods?labelSelector=${encodeURIComponent(selector)}`
      const { items } = await api.get<{ items: { metadata: { name: string } }[] }>(at('api/v1', path))
      return items.map(({ metadata }) => metadata.name).sort()
    },
    delete: async () => {
      for (const end of [...forwards, api.stop]) end()
      await run('kubectl', ['delete', 'namespace', name, '--wait=false'])
    },
  }
}
