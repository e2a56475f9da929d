import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Result } from './command.ts'
import { type Helm, helmIn } from './helm.ts'
import { type KubePostgres, startKubePostgres } from './kube-postgres.ts'
import { createNamespace, type Namespace } from './namespace.ts'
import { isReady, settledPods } from './pods.ts'

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

type Options = {
  readonly helm?: string | undefined
  /** Where Helm finds the chart: a folder, `oci://…` or `repository/chart`. */
  readonly chart?: string
  /** Of Helm's own, as by `helmHome`. */
  readonly env?: Readonly<Record<string, string>>
}

export async function openShop(story: string, { helm, chart, env }: Options = {}): Promise<Shop> {
  const namespace = await createNamespace(story)
  return shopIn(namespace, await startKubePostgres(namespace), helmIn(namespace, helm, env), chart)
}

export function shopIn(namespace: Namespace, postgres: KubePostgres, helm: Helm, chart = 'chart'): Shop {
  return {
    namespace,
    postgres,
    helm,
    roll: (verb, version, ...flags) => helm([...rollArguments(verb, version, chart), ...flags]),
    pods: () => settledPods(namespace),
    ready: () => settledPods(namespace, isReady),
  }
}

/** What `helm` gets to bring the shop to a version; the broken migrations of version 3 come with the application of version 3. */
export function rollArguments(verb: 'install' | 'upgrade', version: Version, chart = 'chart'): string[] {
  const tags = `image.tag=${version},workloads.web.image.tag=${version[0]}`
  return [verb, 'shop', chart, '--values', 'test/fixtures/shop/values.yaml', '--set-string', tags, '--timeout', '3m']
}

/** The values of a version in one piece, for those who roll it out by other means than ours; with two pods at once. */
export function valuesOf(version: Version, migrations: object = {}): object {
  const values = parse(readFileSync('test/fixtures/shop/values.yaml', 'utf8'))
  const quick = parse(readFileSync('test/e2e/modes/values.yaml', 'utf8'))
  values.image.tag = version
  values.workloads.web = { ...values.workloads.web, ...quick.workloads.web }
  values.workloads.web.image.tag = version[0]
  values.migrations = { ...values.migrations, ...migrations }
  return { ...values, gate: quick.gate }
}
