import { randomBytes } from 'node:crypto'
import type { KubeApi } from './kube-api.ts'

/** A Deployment of which a test says how its rollout goes: where only an API server runs, nobody else does. */
export type TestDeployment = {
  readonly name: string
  /** Gives it another template, as a release does, and starts its rollout: no pod of it is there yet. */
  readonly release: (version: string | undefined) => Promise<void>
  /** Ends its rollout: so many pods of its present template are there and available, and none of an older one. */
  readonly complete: (replicas?: number) => Promise<void>
  /** Says that so many pods are available. */
  readonly available: (amount: number) => Promise<void>
  /** A pod of this template, beside those that it has; running, unless it has ended. */
  readonly addPod: (template: string, phase?: 'Succeeded' | 'Failed') => Promise<string>
  /** Begins to end a pod, as a deletion does: it is there until its node has stopped it. */
  readonly terminate: (pod: string) => Promise<void>
  readonly remove: (pod: string) => Promise<void>
}

const containers = [{ name: 'web', image: 'localhost/shop' }]

export async function createDeployment(
  api: KubeApi,
  namespace: string,
  name: string,
  version: string | undefined,
  labels: Record<string, string> = {},
): Promise<TestDeployment> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const app = { app: name }
  const templateOf = (version: string | undefined, revision: number): object => ({
    metadata: { labels: app, annotations: { revision: String(revision), 'lotse/version': version ?? null } },
    spec: { containers },
  })
  const running = new Map<string, string>()
  let [revision, replicas] = [0, 2]
  const patch = (body: object): Promise<Record<string, unknown>> => api.send('PATCH', `${path}/${name}`, body)
  const tell = async (updated: number, available: number): Promise<void> => {
    const { metadata } = (await patch({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': String(revision) } },
    })) as { metadata: { generation: number } }
    const counts = { updatedReplicas: updated, readyReplicas: available, availableReplicas: available }
    await api.send('PATCH', `${path}/${name}/status`, {
      status: { observedGeneration: metadata.generation, replicas, ...counts },
    })
  }
  const remove = async (pod: string): Promise<void> => {
    running.delete(pod)
    await api.send('DELETE', `${pods}/${pod}`, { gracePeriodSeconds: 0 })
  }
  const addPod = async (template: string, phase?: 'Succeeded' | 'Failed'): Promise<string> => {
    const pod = `${name}-${randomBytes(3).toString('hex')}`
    // Only a pod on a node is stopped; any other one is gone at once.
    const spec = { containers, nodeName: 'node' }
    const metadata = { name: pod, labels: { ...app, 'pod-template-hash': template } }
    await api.send('POST', pods, { metadata, spec })
    await api.send('PATCH', `${pods}/${pod}/status`, { status: { phase: phase ?? 'Running' } })
    if (!phase) running.set(pod, template)
    return pod
  }
  await api.send('POST', path, {
    metadata: { name, labels },
    spec: { replicas, selector: { matchLabels: app }, template: { metadata: { labels: app }, spec: { containers } } },
  })
  const release = async (version: string | undefined): Promise<void> => {
    revision++
    await patch({ spec: { template: templateOf(version, revision) } })
    await tell(0, 0)
  }
  await release(version)
  return {
    name,
    release,
    complete: async (wanted = replicas) => {
      if (wanted !== replicas) await patch({ spec: { replicas: wanted } })
      replicas = wanted
      const template = `template-${revision}`
      for (const [pod, of] of running) if (of !== template) await remove(pod)
      for (const pod of [...running.keys()].slice(replicas)) await remove(pod)
      while (running.size < replicas) await addPod(template)
      await tell(replicas, replicas)
    },
    available: (amount) => tell(replicas, amount),
    addPod,
    terminate: async (pod) => void (await api.send('DELETE', `${pods}/${pod}`, { gracePeriodSeconds: 3_600 })),
    remove,
  }
}
