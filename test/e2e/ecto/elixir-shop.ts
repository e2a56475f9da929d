import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { must, type Result, run, until } from '../../support/command.ts'
import { type Helm, helmIn } from '../../support/helm.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'
import { isStopping, namesOf, type Pod, podsIn } from '../../support/pods.ts'
import { fenced } from '../../support/recipes.ts'
import { expectServedBy } from '../../support/served.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

export type Version = '1' | '2' | '3' | '3-broken'

/** The Elixir shop in an environment of its own, asked without end, not installed yet. */
export type ElixirShop = {
  readonly namespace: Namespace
  readonly postgres: KubePostgres
  readonly traffic: Traffic
  readonly helm: Helm
  readonly deploy: (version: Version, ...flags: string[]) => Promise<Result>
  /** What the README says to type, its blocks of shell in order. */
  readonly type: (block: number, edit?: (script: string) => string) => Promise<string>
  readonly pods: () => Promise<Pod[]>
  readonly names: () => Promise<string[]>
  /** What the migrator's container of a Job has printed. */
  readonly log: (job: string) => Promise<string>
  /** The versions in schema_migrations. */
  readonly versions: () => Promise<string[]>
}

const folder = 'test/e2e/ecto'
const values = (environment: string): string[] =>
  ['values', environment].flatMap((name) => ['--values', `${folder}/${name}.yaml`])
const tag = (version: Version): string[] => ['--set-string', `workloads.web.image.tag=${version}`]

export async function openElixirShop(environment: 'staging' | 'production'): Promise<ElixirShop> {
  const namespace = await createNamespace(`ecto-${environment}`)
  const postgres = await startKubePostgres(namespace)
  const traffic = await startTraffic(namespace, 'http://shop-web/products')
  const helm = helmIn(namespace)
  const scripts = fenced(readFileSync(`${folder}/README.md`, 'utf8'), 'sh')
  const pods = async (): Promise<Pod[]> =>
    (await podsIn(namespace, 'app.kubernetes.io/component=web')).filter((pod) => !isStopping(pod))
  return {
    namespace,
    postgres,
    traffic,
    helm,
    deploy: (version, ...flags) =>
      helm([
        ...['upgrade', '--install', 'shop', 'chart', ...values(environment), ...tag(version)],
        ...['--timeout', '3m', ...flags],
      ]),
    type: (block, edit = (script) => script) =>
      namespace.type(edit(scripts[block] ?? `echo there is no block ${block}; false`)),
    pods,
    names: async () => namesOf(await pods()),
    log: (job) => namespace.kubectl('logs', `job/${job}`, '-c', 'migrator'),
    versions: async () =>
      (await postgres.query('select version from schema_migrations order by version')).map(({ version }) => version),
  }
}

/** The pod of the Job that a release of an environment would run, as the API server would complete it. */
export async function podOfHook({ name }: Namespace, environment: string, version: Version): Promise<object> {
  const helm = process.env.LOTSE_HELM ?? ''
  const args = ['template', 'shop', 'chart', '--namespace', name, ...values(environment), ...tag(version)]
  const { stdout } = await run(helm, args)
  const job = parseAllDocuments(stdout).find((each) => each.get('kind') === 'Job')
  const create = ['--namespace', name, 'create', '--dry-run=server', '--output', 'json', '-f', '-']
  return JSON.parse(await must('kubectl', create, { input: String(job) })).spec.template.spec
}

/** Exactly two pods of this version are left, both answer, and no request has failed. */
export async function expectServed(shop: ElixirShop, version: string): Promise<void> {
  await until('the old pods are gone', async () => (await shop.pods()).length === 2)
  const pods = await shop.names()
  await until('both pods answer', async () => (await shop.traffic.next(30)).pods.join() === pods.join())
  await expectServedBy(shop.traffic, version, pods)
}
