import { randomBytes } from 'node:crypto'
import type { KubeApi } from './kube-api.ts'

/** A Job as the chart makes it, of which a test says how it goes. */
export type TestJob = {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly complete: () => Promise<void>
  readonly fail: () => Promise<void>
  readonly remove: () => Promise<void>
  /** A pod of this Job whose container migrator has failed with this message. */
  readonly addFailedPod: (message: string) => Promise<string>
}

const container = { name: 'migrator', image: 'localhost/lotse', terminationMessagePolicy: 'FallbackToLogsOnError' }
const now = (): string => new Date().toISOString().replace(/\.\d+/, '')

export async function freshNamespace(api: KubeApi): Promise<string> {
  const name = `test-${randomBytes(4).toString('hex')}`
  await api.send('POST', '/api/v1/namespaces', { metadata: { name } })
  return name
}

export async function createJob(api: KubeApi, namespace: string, name: string, run = 'abc123'): Promise<TestJob> {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const template = { spec: { restartPolicy: 'Never', containers: [container] } }
  const job = await api.send('POST', jobs, {
    metadata: { name, annotations: { 'lotse/run': run } },
    spec: { template },
  })
  const { uid } = job.metadata as { uid: string }
  const end = (conditions: readonly object[], rest: object): Promise<unknown> =>
    api.send('PATCH', `${jobs}/${name}/status`, { status: { startTime: now(), active: 0, conditions, ...rest } })
  const condition = (type: string, reason = '', message = ''): object => {
    const at = { lastProbeTime: now(), lastTransitionTime: now() }
    return { type, status: 'True', reason, message, ...at }
  }
  return {
    name,
    uid,
    namespace,
    complete: async () => {
      const conditions = [condition('SuccessCriteriaMet'), condition('Complete')]
      await end(conditions, { succeeded: 1, completionTime: now() })
    },
    fail: async () => {
      const why = ['PodFailurePolicy', 'Container migrator failed with exit code 24'] as const
      await end([condition('FailureTarget', ...why), condition('Failed', ...why)], { failed: 1 })
    },
    remove: async () => void (await api.send('DELETE', `${jobs}/${name}`, { propagationPolicy: 'Background' })),
    addFailedPod: async (message) => {
      const pod = `${name}-${randomBytes(3).toString('hex')}`
      const labels = { 'batch.kubernetes.io/job-name': name }
      const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }]
      await api.send('POST', pods, { metadata: { name: pod, labels, ownerReferences }, spec: template.spec })
      const terminated = { exitCode: 24, message, startedAt: now(), finishedAt: now() }
      const status = { ...container, imageID: '', ready: false, restartCount: 0, state: { terminated } }
      await api.send('PATCH', `${pods}/${pod}/status`, { status: { phase: 'Failed', containerStatuses: [status] } })
      return pod
    },
  }
}
