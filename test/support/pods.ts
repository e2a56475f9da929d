import { until } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Pod = {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

type ContainerStatus = {
  readonly name: string
  readonly restartCount: number
  readonly state?: { readonly terminated?: Ended }
  readonly lastState?: { readonly terminated?: Ended }
}

/** How a container ended, with its termination message. */
export type Ended = { readonly exitCode: number; readonly message?: string }

/** The pods that carry these labels, those that are being deleted among them. */
export async function podsIn(namespace: Namespace, selector: string): Promise<Pod[]> {
  const path = `pods?labelSelector=${encodeURIComponent(selector)}`
  return (await namespace.get<{ items: Pod[] }>('api/v1', path)).items
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

export const isStopping = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined

export const namesOf = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name).sort()

/** How gates ended that Kubernetes has started again since. */
export const endsOfGates = (pods: readonly Pod[]): Ended[] =>
  pods.flatMap(
    ({ status }) => status.initContainerStatuses?.find(({ name }) => name === 'gate')?.lastState?.terminated ?? [],
  )

/** Names of the pods of the workload `web` that count, once none is stopping: Helm returns when the new ones are ready, and the old ones still serve for their preStop. */
export function settledPods(namespace: Namespace, counts = (_: Pod) => true): Promise<string[]> {
  return until('no pod of the application is stopping any more', async () => {
    const pods = (await podsIn(namespace, 'app.kubernetes.io/component=web')).filter(counts)
    return !pods.some(isStopping) && namesOf(pods)
  })
}
