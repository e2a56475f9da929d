import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import type { JobName } from '../config/cluster.ts'
import type { Emit } from '../event.ts'
import { type Connection, problemOf } from './connection.ts'

const timeout = 5_000
const lines = 200

/**
 * Prints the log of a failed Job's last pod: the container migrator, and init containers that failed. Returns the message that the
 * migrator left when it ended, or nothing. Never throws: what cannot be read is said in one line.
 */
export async function printFailedLog(
  connection: Connection,
  { name, namespace = connection.namespace }: JobName,
  uid: string,
  emit: Emit,
): Promise<string> {
  const unreadable = (what: string, error: unknown): void =>
    emit({ event: 'job.unreadable', what, error: problemOf(error).message })
  const { core, within } = connection
  try {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`
    const { items } = await core.listNamespacedPod({ namespace, labelSelector }, within(timeout))
    const pod = lastFailed(items.filter((each) => each.metadata?.ownerReferences?.some((owner) => owner.uid === uid)))
    if (!pod) {
      emit({
        event: 'job.unreadable',
        what: `the pods of Job ${name}`,
        error: 'they are gone, and their logs with them',
      })
      return ''
    }
    const podName = pod.metadata?.name ?? ''
    const failed = (pod.status?.initContainerStatuses ?? []).filter((each) => each.state?.terminated?.exitCode)
    for (const container of [...failed.map((each) => each.name), 'migrator']) {
      try {
        const text = await core.readNamespacedPodLog(
          { name: podName, namespace, container, tailLines: lines },
          within(timeout),
        )
        emit({ event: 'job.log', pod: podName, container, text: text.trimEnd() || 'it wrote nothing' })
      } catch (error) {
        unreadable(`the log of container ${container} in pod ${podName}`, error)
      }
    }
    return messageOf([...(pod.status?.containerStatuses ?? []), ...failed])
  } catch (error) {
    unreadable(`the pods of Job ${name}`, error)
    return ''
  }
}

/** The newest pod that failed, or the newest of all: a Job's deadline may end a pod that had not failed. */
function lastFailed(pods: readonly V1Pod[]): V1Pod | undefined {
  const created = ({ metadata }: V1Pod): number => metadata?.creationTimestamp?.getTime() ?? 0
  const newest = [...pods].sort((a, b) => created(b) - created(a))
  return newest.find((pod) => pod.status?.phase === 'Failed') ?? newest[0]
}

function messageOf(statuses: readonly V1ContainerStatus[]): string {
  return statuses.map((each) => each.state?.terminated?.message ?? '').find(Boolean) ?? ''
}
