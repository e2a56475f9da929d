import { until } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Figures = {
  readonly answered: number
  readonly failed: number
  /** When, where and how the first failures came. */
  readonly failures: readonly string[]
  /** Answers by the version and by the pod that gave them, where they say so. */
  readonly versions: Record<string, number>
  readonly pods: Record<string, number>
}

export type Traffic = {
  /** All requests so far. */
  readonly figures: () => Promise<Figures>
  /** Waits for so many more answers; returns which versions and pods gave them. */
  readonly next: (answers: number) => Promise<{ readonly versions: string[]; readonly pods: string[] }>
}

/** Starts a stream of requests to URLs inside the cluster, which are asked in turn; it lasts as long as the namespace. */
export async function startTraffic(namespace: Namespace, ...urls: readonly string[]): Promise<Traffic> {
  await namespace.kubectl('create', 'configmap', 'traffic', '--from-file=test/fixtures/traffic/traffic.mjs')
  await namespace.apply(manifest(urls))
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/traffic', '--timeout=60s')
  const figures = (): Promise<Figures> => namespace.get('api/v1', 'pods/traffic:9000/proxy/')
  return {
    figures,
    next: async (answers) => {
      const before = await figures()
      const now = await until(`${answers} more answers`, async () => {
        const read = await figures()
        return read.answered >= before.answered + answers && read
      })
      const grown = (of: 'versions' | 'pods'): string[] =>
        Object.keys(now[of]).filter((key) => (now[of][key] ?? 0) > (before[of][key] ?? 0))
      return { versions: grown('versions').sort(), pods: grown('pods').sort() }
    },
  }
}

const manifest = (urls: readonly string[]): string => `
apiVersion: v1
kind: Pod
metadata: {name: traffic}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: traffic
      image: localhost/node:24
      args: ${JSON.stringify(['/traffic/traffic.mjs', ...urls])}
      readinessProbe: {httpGet: {port: 9000}, periodSeconds: 1}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: traffic, mountPath: /traffic}]
  volumes: [{name: traffic, configMap: {name: traffic}}]
`
