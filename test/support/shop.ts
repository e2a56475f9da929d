import { type Result, until } from './command.ts'
import { type Helm, helmIn } from './helm.ts'
import { type KubePostgres, startKubePostgres } from './kube-postgres.ts'
import { createNamespace, type Namespace } from './namespace.ts'

export type Version = '1' | '2' | '3' | '3-broken' | '4'

/** A shop in a namespace of its own with its database, not installed yet. */
export type Shop = {
  readonly namespace: Namespace
  readonly postgres: KubePostgres
  readonly helm: Helm
  /** `helm VERB shop chart` with the values of a version. */
  readonly roll: (verb: 'install' | 'upgrade', version: Version, ...flags: string[]) => Promise<Result>
  /** Names of the pods of the application, once those that were told to stop have stopped. */
  readonly pods: () => Promise<string[]>
  /** Those of them that are ready to serve. */
  readonly ready: () => Promise<string[]>
}

export async function openShop(story: string, helm?: string): Promise<Shop> {
  const namespace = await createNamespace(story)
  return shopIn(namespace, await startKubePostgres(namespace), helmIn(namespace, helm))
}

export function shopIn(namespace: Namespace, postgres: KubePostgres, helm: Helm): Shop {
  return {
    namespace,
    postgres,
    helm,
    roll: (verb, version, ...flags) => helm([...rollArguments(verb, version), ...flags]),
    pods: () => settledPods(namespace),
    ready: () => settledPods(namespace, isReady),
  }
}

/** What `helm` gets to bring the shop to a version; the broken migrations of version 3 come with the application of version 3. */
export function rollArguments(verb: 'install' | 'upgrade', version: Version): string[] {
  const tags = `image.tag=${version},workloads.web.image.tag=${version[0]}`
  return [verb, 'shop', 'chart', '--values', 'test/fixtures/shop/values.yaml', '--set-string', tags, '--timeout', '3m']
}

/** Helm returns when the new pods are ready; the old ones then still serve for the seconds of their preStop. */
function settledPods(namespace: Namespace, counts = (_: Pod) => true): Promise<string[]> {
  return until('no pod of the shop is stopping any more', async () => {
    const selector = 'app.kubernetes.io/component=web'
    const { items } = JSON.parse(await namespace.kubectl('get', 'pods', '--selector', selector, '--output', 'json'))
    const pods = (items as Pod[]).filter(counts)
    return pods.every(({ metadata }) => !metadata.deletionTimestamp) && pods.map(({ metadata }) => metadata.name).sort()
  })
}

type Pod = {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
