import { stringify } from 'yaml'
import { type Application, createApplication } from '../../support/argocd.ts'
import { must, until } from '../../support/command.ts'
import { createRepository } from '../../support/git-repository.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'
import { fenced, readRecipes } from '../../support/recipes.ts'

/** An application without workloads whose second migration takes as long as the table that the first one made says. */
export type Slow = {
  readonly namespace: Namespace
  readonly postgres: KubePostgres
  readonly application: Application
  /** Its values, as YAML. */
  readonly values: string
  /** The commit that asks for both migrations. */
  readonly commit: string
  /** Waits until the slow migration runs. */
  readonly sleeping: () => Promise<unknown>
  /** How many seconds the slow migration takes from now on. */
  readonly takes: (seconds: number) => Promise<unknown>
  /** Takes Argo CD's finalizer from the Job, by the very command of the recipe. */
  readonly unstick: () => Promise<string>
  readonly close: () => Promise<void>
}

const values = stringify({
  image: { repository: 'localhost/lotse', tag: 'dev' },
  database: { existingSecret: { name: 'shop-database' } },
  migrations: {
    source: {
      files: {
        '001_pace.sql': 'create table pace as select 120 as seconds;',
        '002_slow.sql': 'create table slow (id integer);\nselect pg_sleep(seconds) from pace;',
      },
    },
  },
})

const [recipe] = readRecipes('chart/recipes.md').filter(({ title }) => title === 'Argo CD')
const [unsticking = ''] = fenced(recipe?.text ?? '', 'sh').filter((command) => command.includes('finalizers'))

export async function openSlow(): Promise<Slow> {
  const repository = await createRepository(['chart'])
  const namespace = await createNamespace('argocd-slow')
  const postgres = await startKubePostgres(namespace)
  const commit = await repository.commit({ 'shop/values.yaml': values })
  const application = await createApplication('test/e2e/argocd/application.yaml', namespace, repository.url)
  const running = `select 1 from pg_stat_activity where query like '%pg_sleep(sec%' and pid <> pg_backend_pid()`
  const unstick = (): Promise<string> =>
    must('bash', ['-c', unsticking.replace('kubectl ', `kubectl --namespace ${namespace.name} `)])
  return {
    namespace,
    postgres,
    application,
    values,
    commit,
    sleeping: () => until('the slow migration runs', async () => (await postgres.query(running)).length > 0),
    takes: (seconds) => postgres.query(`update pace set seconds = ${seconds}`),
    unstick,
    close: async () => {
      // Where a story failed in the middle, the finalizer would keep the namespace.
      await unstick().catch(() => 'it has none')
      await application.delete().finally(() => namespace.delete())
      repository.remove()
    },
  }
}
