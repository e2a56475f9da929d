import type { V1Deployment, V1LabelSelector, V1Pod } from '@kubernetes/client-node'
import type { Rollout } from '../config/cluster.ts'
import { Failure } from '../failure.ts'
import { type Connection, problemOf } from './connection.ts'

/** A Deployment as one look found it. */
export type Deployment = {
  readonly name: string
  readonly uid: string
  /** Counts its templates; going back to an older one gets a new number, too. */
  readonly revision: string
  /** The annotation lotse/version of its pod template. */
  readonly version: string | undefined
  readonly deleted: boolean
  /** Its last change, and the last one that Kubernetes has acted on. */
  readonly generation: number
  readonly observed: number
  /** Pods that it wants; that there are, terminating ones aside; that have its present template; that are available. */
  readonly wanted: number
  readonly replicas: number
  readonly updated: number
  readonly available: number
  /** Selects its pods, as text. */
  readonly selector: string
}

/** A pod that has not ended. */
export type Pod = {
  readonly name: string
  /** The template that it was made from; undefined for a pod of somebody else's. */
  readonly template: string | undefined
  readonly terminating: boolean
}

/** The Deployments of a rollout, and in words those that are not there. */
export type Found = { readonly deployments: readonly Deployment[]; readonly absent: readonly string[] }

/**
 * What `ask` returns; `unreachable` in words where the Kubernetes API does not answer.
 * Throws ConfigInvalid when the API knows us and refuses.
 */
export async function unlessUnreachable<T>(ask: () => Promise<T>): Promise<T | { readonly unreachable: string }> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Failure) throw error
    return { unreachable: `the Kubernetes API does not answer: ${problemOf(error).message}` }
  }
}

/** Looks the Deployments of a rollout up; each answer may take `patience` milliseconds. Needs get for those that are named, list for those that are selected. Throws what the API does. */
export async function readDeployments(connection: Connection, rollout: Rollout, patience: number): Promise<Found> {
  const { apps, within } = connection
  const { selector, namespace = connection.namespace } = rollout
  const named = rollout.deployments.map(async (name) => {
    try {
      return await apps.readNamespacedDeployment({ name, namespace }, within(patience))
    } catch (error) {
      if (problemOf(error).status === 404) return undefined
      throw explained(error, `Deployment ${namespace}/${name}`, {
        apiGroups: '[apps]',
        resources: `[deployments], resourceNames: [${rollout.deployments.join(', ')}]`,
        verbs: '[get]',
      })
    }
  })
  const selected = async (): Promise<V1Deployment[]> => {
    if (!selector) return []
    try {
      const { items } = await apps.listNamespacedDeployment({ namespace, labelSelector: selector }, within(patience))
      return items
    } catch (error) {
      throw explained(error, `the Deployments of ${namespace} that match ${selector}`, {
        apiGroups: '[apps]',
        resources: '[deployments]',
        verbs: '[list]',
      })
    }
  }
  const [byName, bySelector] = await Promise.all([Promise.all(named), selected()])
  const found = [...byName, ...bySelector].flatMap((each) => (each ? [deploymentOf(each)] : []))
  return {
    // One may be named and selected.
    deployments: [...new Map(found.map((each) => [each.name, each])).values()],
    absent: [
      ...rollout.deployments
        .filter((_, index) => !byName[index])
        .map((name) => `Deployment ${name} does not exist in namespace ${namespace}`),
      ...(selector && bySelector.length === 0 ? [`no Deployment of namespace ${namespace} matches ${selector}`] : []),
    ],
  }
}

/** The pods that a Deployment's selector matches and that have not ended; the answer may take `patience` milliseconds. Needs list. Throws what the API does. */
export async function readPods(
  connection: Connection,
  rollout: Rollout,
  selector: string,
  patience: number,
): Promise<readonly Pod[]> {
  const { core, within } = connection
  const { namespace = connection.namespace } = rollout
  try {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: selector }, within(patience))
    return items.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? '')).map(podOf)
  } catch (error) {
    const rule = { apiGroups: '[""]', resources: '[pods]', verbs: '[list]' }
    throw explained(error, `the pods of namespace ${namespace}`, rule)
  }
}

/** Kubernetes leaves counts of zero out. */
function deploymentOf({ metadata, spec, status }: V1Deployment): Deployment {
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    revision: metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? '',
    version: spec?.template.metadata?.annotations?.['lotse/version'],
    deleted: metadata?.deletionTimestamp !== undefined,
    generation: metadata?.generation ?? 0,
    observed: status?.observedGeneration ?? 0,
    wanted: spec?.replicas ?? 1,
    replicas: status?.replicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    selector: selectorText(spec?.selector ?? {}),
  }
}

function podOf({ metadata }: V1Pod): Pod {
  return {
    name: metadata?.name ?? '',
    template: metadata?.labels?.['pod-template-hash'],
    terminating: metadata?.deletionTimestamp !== undefined,
  }
}

/** A label selector in the words that a list takes (Kubernetes docs, Labels and Selectors). Pure. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key
      case 'DoesNotExist':
        return `!${key}`
      default:
        return `${key} ${operator.toLowerCase()} (${values.join(',')})`
    }
  })
  return [...equal, ...others].join(',')
}

type Rule = { readonly apiGroups: string; readonly resources: string; readonly verbs: string }

/** ConfigInvalid for what another try would not settle; else the error itself. */
function explained(error: unknown, what: string, { apiGroups, resources, verbs }: Rule): unknown {
  const { status, message } = problemOf(error)
  if (status !== 400 && status !== 401 && status !== 403) return error
  const remedies = {
    400: 'correct the selector (LOTSE_ROLLOUT_SELECTOR)',
    401: "mount a token of this pod's ServiceAccount that the API accepts",
    403: `let this pod's ServiceAccount see them, with a Role {apiGroups: ${apiGroups}, resources: ${resources}, verbs: ${verbs}} and a RoleBinding`,
  }
  return new Failure('ConfigInvalid', {
    summary: `the Kubernetes API refused to show ${what}: ${message}`,
    state: ['Whether the rollout is complete is not known, so what waits for it was not run.'],
    remedy: remedies[status],
    cause: error,
  })
}
