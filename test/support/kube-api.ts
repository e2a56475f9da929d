import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './postgres-server.ts'

/** A real API server with RBAC and nothing behind it: no controller acts, no kubelet runs pods. */
export type KubeApi = {
  readonly port: number
  /** A kubeconfig of a user who may do what the rules say in the namespace, and nothing else. */
  readonly userWith: (namespace: string, rules: readonly object[]) => Promise<string>
  /** Sends a request as the cluster's administrator; throws what is refused. */
  readonly send: (method: string, path: string, body?: object) => Promise<Record<string, unknown>>
  /** Stops the API server without a goodbye; what it knew stays in etcd. */
  readonly pause: () => void
  readonly resume: () => void
  readonly stop: () => Promise<void>
}

const users = Array.from({ length: 40 }, (_, index) => `user${index}`)

/** Starts etcd and kube-apiserver of the test cluster's programs (built if they are not there) on loopback ports of their own. */
export async function startKubeApi(): Promise<KubeApi> {
  const bin = execFileSync('test/cluster/build.sh', ['--path', 'kubernetes'], { encoding: 'utf8' }).trim()
  const folder = mkdtempSync(join(tmpdir(), 'lotse-kube-api-'))
  const file = (name: string): string => join(folder, name)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(file('sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(file('sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(
    file('tokens'),
    ['admin,admin,0,system:masters', ...users.map((name) => `${name},${name},${name}`)].join('\n'),
  )
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()]
  const started: ChildProcess[] = []
  const logs: string[] = []
  const launch = (program: string, flags: Record<string, string>): ChildProcess => {
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const child = spawn(join(bin, program), args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk) => logs.push(String(chunk)))
    started.unshift(child)
    return child
  }
  launch('etcd', {
    'data-dir': file('etcd'),
    'listen-client-urls': `http://127.0.0.1:${client}`,
    'advertise-client-urls': `http://127.0.0.1:${client}`,
    'listen-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-cluster': `default=http://127.0.0.1:${peer}`,
    'unsafe-no-fsync': 'true',
    'log-level': 'error',
  })
  const server = launch('kube-apiserver', {
    'etcd-servers': `http://127.0.0.1:${client}`,
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'cert-dir': folder,
    'token-auth-file': file('tokens'),
    'authorization-mode': 'RBAC',
    'endpoint-reconciler-type': 'none',
    'service-cluster-ip-range': '10.96.0.0/16',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': file('sa.pub'),
    'service-account-signing-key-file': file('sa.key'),
    // Its controller, which would make the ServiceAccount of a namespace, does not run here.
    'disable-admission-plugins': 'ServiceAccount',
    'allow-privileged': 'true',
  })
  const stop = async (): Promise<void> => {
    for (const child of started) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  const send = (method: string, path: string, body?: object): Promise<Record<string, unknown>> =>
    ask({ port, ca: readFileSync(file('apiserver.crt')), method, path, body })
  try {
    await untilReady(send, server)
  } catch (error) {
    await stop()
    throw new Error(`the API server did not start:\n${logs.join('').slice(-4_000)}`, { cause: error })
  }
  let taken = 0
  return {
    port,
    send,
    userWith: async (namespace, rules) => {
      const name = users[taken++] ?? 'nobody left'
      const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
      await send('POST', `${path}/roles`, { metadata: { name }, rules })
      await send('POST', `${path}/rolebindings`, { metadata: { name }, roleRef, subjects: [{ kind: 'User', name }] })
      writeFileSync(file(`${name}.kubeconfig`), kubeconfig(port, file('apiserver.crt'), name, namespace))
      return file(`${name}.kubeconfig`)
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    stop,
  }
}

function kubeconfig(port: number, ca: string, user: string, namespace: string): string {
  return JSON.stringify({
    clusters: [{ name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': ca } }],
    users: [{ name: user, user: { token: user } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user, namespace } }],
    'current-context': 'test',
  })
}

async function untilReady(send: KubeApi['send'], server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await new Promise((next) => setTimeout(next, 200))) {
    try {
      return void (await send('GET', '/api/v1/namespaces/default'))
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error
    }
  }
}

type Request = {
  readonly port: number
  readonly ca: Buffer
  readonly method: string
  readonly path: string
  readonly body: object | undefined
}

function ask({ port, ca, method, path, body }: Request): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const text = body ? JSON.stringify(body) : ''
    const headers = {
      authorization: 'Bearer admin',
      'content-type': type,
      'content-length': String(Buffer.byteLength(text)),
    }
    const sent = request({ host: '127.0.0.1', port, ca, method, path, headers }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const answer = Buffer.concat(chunks).toString()
      if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(answer))
      else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
    })
    sent.on('error', reject)
    sent.end(text)
  })
}
