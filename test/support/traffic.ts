import type { Namespace } from './namespace.ts'

export type Figures = {
  readonly answered: number
  readonly failed: number
  readonly versions: Record<string, number>
  readonly pods: Record<string, number>
  readonly failures: readonly string[]
}

/** Starts the stream of requests to a URL inside the cluster; returns what reads its figures. */
export async function startTraffic(namespace: Namespace, url: string): Promise<() => Promise<Figures>> {
  await namespace.kubectl('create', 'configmap', 'traffic', '--from-file=test/fixtures/traffic/traffic.mjs')
  await namespace.apply(`
apiVersion: v1
kind: Pod
metadata: {name: traffic}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: traffic
      image: localhost/node:24
      args: [/traffic/traffic.mjs, '${url}']
      readinessProbe: {httpGet: {port: 9000}, periodSeconds: 1}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: traffic, mountPath: /traffic}]
  volumes: [{name: traffic, configMap: {name: traffic}}]
`)
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/traffic', '--timeout=60s')
  const path = `/api/v1/namespaces/${namespace.name}/pods/traffic:9000/proxy/`
  return async () => JSON.parse(await namespace.kubectl('get', '--raw', path)) as Figures
}
