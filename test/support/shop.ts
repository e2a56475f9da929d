import type { Result } from './command.ts'
import { type Helm, helmOf, type helms } from './helm.ts'
import { type KubePostgres, startKubePostgres } from './kube-postgres.ts'
import { createNamespace, type Namespace } from './namespace.ts'

export type Version = '1' | '2' | '3' | '3-broken'

/** A shop in a namespace of its own with its database, not installed yet. */
export type Shop = {
  readonly namespace: Namespace
  readonly postgres: KubePostgres
  readonly helm: Helm
  /** `helm VERB shop chart` with the values of a version. */
  readonly roll: (verb: 'install' | 'upgrade', version: Version, ...flags: string[]) => Promise<Result>
  /** Names of the pods that serve. */
  readonly pods: () => Promise<string[]>
}

export async function openShop(variable: (typeof helms)[number], story: string): Promise<Shop> {
  const namespace = await createNamespace(story)
  const postgres = await startKubePostgres(namespace)
  const helm = helmOf(variable, namespace)
  return {
    namespace,
    postgres,
    helm,
    roll: (verb, version, ...flags) =>
      helm([
        verb,
        'shop',
        'chart',
        '--values',
        'test/fixtures/shop/values.yaml',
        ...versionFlags(version),
        '--timeout',
        '3m',
        ...flags,
      ]),
    pods: () => namespace.pods('app.kubernetes.io/component=web'),
  }
}

/** The values that name a version; the broken migrations of version 3 come with the application of version 3. */
export function versionFlags(version: Version): string[] {
  return ['--set-string', `image.tag=${version}`, '--set-string', `workloads.web.image.tag=${version[0]}`]
}
