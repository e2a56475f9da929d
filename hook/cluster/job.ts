import type { V1Job } from '@kubernetes/client-node'
import type { Gate, JobName } from '../config/cluster.ts'
import { Failure } from '../failure.ts'
import { type Connection, problemOf } from './connection.ts'

/** How a Job stands; `text` says it in words. */
export type JobState =
  | { readonly kind: 'active' | 'complete' | 'absent' | 'unreachable'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string; readonly uid: string }

/** The annotation by which a Job says what it runs. */
const runAnnotation = 'lotse/run'

/**
 * Looks at one Job, with no other permission than to get it. A Job that runs something else than `run` is another version's and
 * counts as absent. Throws ConfigInvalid when the API knows us and refuses.
 */
export async function readJob(
  { batch, within, namespace: own }: Connection,
  { name, namespace = own }: JobName,
  run: Gate['run'],
  timeout: number,
): Promise<JobState> {
  try {
    return stateOf(await batch.readNamespacedJob({ name, namespace }, within(timeout)), run)
  } catch (error) {
    const { status, message } = problemOf(error)
    if (status === 404) return { kind: 'absent', text: 'not found' }
    if (status === 401 || status === 403) throw refused(`${namespace}/${name}`, name, status, message, error)
    return { kind: 'unreachable', text: `unknown, the Kubernetes API does not answer: ${message}` }
  }
}

/** A Job is over when a condition says so; its pods may fail and be tried again before (Kubernetes docs, Job termination). */
function stateOf({ metadata, status }: V1Job, run: string | undefined): JobState {
  const found = metadata?.annotations?.[runAnnotation]
  if (run && found !== run)
    return { kind: 'absent', text: `of another version (${runAnnotation} is ${found ?? 'not set'}, not ${run})` }
  const holds = (type: string) => status?.conditions?.find((each) => each.type === type && each.status === 'True')
  const failed = holds('Failed')
  if (failed) {
    const text = `failed (${[failed.reason, failed.message].filter(Boolean).join(': ')})`
    return { kind: 'failed', text, uid: metadata?.uid ?? '' }
  }
  if (holds('Complete')) return { kind: 'complete', text: 'complete' }
  if (holds('Suspended')) return { kind: 'active', text: 'suspended' }
  const tries = status?.failed ? `, ${status.failed} failed attempt${status.failed === 1 ? '' : 's'}` : ''
  return { kind: 'active', text: `${status?.active ? 'running' : 'waiting for a pod'}${tries}` }
}

function refused(job: string, name: string, status: 401 | 403, message: string, cause: unknown): Failure {
  return new Failure('ConfigInvalid', {
    summary: `the Kubernetes API refused to show Job ${job}: ${message}`,
    state: ['Nothing was done.'],
    remedy:
      status === 401
        ? "mount a token of this pod's ServiceAccount that the API accepts"
        : `let this pod's ServiceAccount get it, with a Role {apiGroups: [batch], resources: [jobs], resourceNames: [${name}], verbs: [get]} and a RoleBinding`,
    cause,
  })
}
