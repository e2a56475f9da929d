import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { must, type Result, run, until } from './command.ts'

/** A namespace of a story's own, in which Pod Security `restricted` is enforced. */
export type Namespace = {
  readonly name: string
  readonly kubectl: (...args: string[]) => Promise<string>
  readonly apply: (manifest: string) => Promise<string>
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
  const kubectl = (...args: string[]): Promise<string> => must('kubectl', ['--namespace', name, ...args])
  await must('kubectl', ['create', 'namespace', name])
  const levels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`)
  await must('kubectl', ['label', 'namespace', name, ...levels])
  return {
    name,
    kubectl,
    apply: (input) => must('kubectl', ['--namespace', name, 'apply', '-f', '-'], { input }),
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
      const names = await kubectl(
        'get',
        'pods',
        '--selector',
        selector,
        '--output',
        'jsonpath={.items[*].metadata.name}',
      )
      return names.split(' ').filter(Boolean).sort()
    },
    delete: async () => {
      for (const end of forwards) end()
      await run('kubectl', ['delete', 'namespace', name, '--wait=false'])
    },
  }
}
