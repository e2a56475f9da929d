import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Application, createApplication } from '../../support/argocd.ts'
import { type Result, until } from '../../support/command.ts'
import { createRepository, type GitRepository } from '../../support/git-repository.ts'
import { jobOf, jobsIn } from '../../support/jobs.ts'
import { expectServedBy } from '../../support/served.ts'
import { openShop, type Shop, type Version, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

const newest = ['001_products', '002_price', '003_price_index', '004_discount', '005_rebate']
const sqlError = 'MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist (SQLSTATE 42703)'

/** The life of an application that a person syncs from a git repository, in one mode, under a stream of requests. */
export function tellLife(mode: 'hook' | 'job'): void {
  let shop: Shop
  let traffic: Traffic
  let repository: GitRepository
  let application: Application
  const commits = new Map<Version, string>()

  beforeAll(async () => {
    repository = await createRepository(['chart'])
    shop = await openShop(`argocd-${mode}`)
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    application = await createApplication('test/e2e/argocd/application.yaml', shop.namespace, repository.url)
  })
  afterAll(async () => {
    await application?.delete()
    await shop?.namespace.delete()
    repository?.remove()
  })

  const release = async (version: Version): Promise<string> => {
    const values = valuesOf(version, { mode, events: true })
    const commit = await repository.commit({ 'shop/values.yaml': stringify(values) })
    commits.set(version, commit)
    return commit
  }
  /** This version answers, from all its pods and from no other; no request failed since the first answer. */
  const expectServed = async (version: string): Promise<void> => {
    const pods = await shop.pods()
    await until('all pods answer', async () => (await traffic.next(60)).pods.join() === pods.join())
    await expectServedBy(traffic, version, pods)
  }
  /** Synced and Healthy, also when everything is read and compared anew. */
  const expectSettled = async (commit: string): Promise<void> => {
    await application.becomes('Synced Healthy', commit)
    expect(await application.compared()).toBe('Synced Healthy')
  }
  const jobs = () => jobsIn(shop.namespace)
  const gates = (): Promise<Result> =>
    application.cli('logs', '--group', 'apps', '--kind', 'Deployment', '--name', 'shop-web', '--container', 'gate')
  test('the first sync applies the migrations before a pod serves', async () => {
    const commit = await release('1')
    const { phase, message, syncResult } = await application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    const job = syncResult?.resources?.find(({ kind }) => kind === 'Job')
    expect(job).toMatchObject({
      name: await jobOf(shop.namespace, '1'),
      ...(mode === 'hook' && { hookPhase: 'Succeeded' }),
    })
    await expectSettled(commit)
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 1))
    await expectServed('1')
  })

  test('a new version applies what is pending, then replaces the pods; the old Job is no difference', async () => {
    const commit = await release('2')
    const { phase, message } = await application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    await expectSettled(commit)
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 3))
    expect(await jobs()).toHaveLength(mode === 'hook' ? 1 : 2)
    await expectServed('2')
  })

  test('a failing migration leaves the old pods to serve', async () => {
    const [pods, schema] = [await shop.ready(), await shop.postgres.schema()]
    const commit = await release('3-broken')
    const { phase, message, syncResult } = await application.sync(commit)
    if (mode === 'hook') {
      expect(phase).toBe('Failed')
      expect(message).toBe('one or more synchronization tasks completed unsuccessfully')
      const migrator = syncResult?.resources?.find(({ kind }) => kind === 'Job')
      expect(migrator).toMatchObject({ name: 'shop-migrator', hookPhase: 'Failed' })
      expect(migrator?.message).toMatch(/^Container migrator for pod \S+ failed with exit code 24 /)
    } else expect(phase, message).toBe('Succeeded')
    await application.becomes(mode === 'hook' ? 'OutOfSync Healthy' : 'Synced Degraded', commit)
    expect(await shop.ready()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServedBy(traffic, '2', pods)
  })

  test('the failing line of SQL can be read through Argo CD', async () => {
    const job = await jobOf(shop.namespace, '3-broken')
    const shown = await application.cli('get')
    expect(shown.output).toMatch(mode === 'hook' ? /PreSync .* failed with exit code 24 / : /Job .* Degraded /)
    const log = await application.cli('logs', '--group', 'batch', '--kind', 'Job', '--name', job)
    expect(log.output).toContain(sqlError)
    const pod = await application.cli('get-resource', '--kind', 'Pod', '--output', 'yaml')
    expect(pod.output.replaceAll(/\s+/g, ' ')).toContain(sqlError)
    // What the tab EVENTS of the Job shows in the user interface.
    const query = new URLSearchParams({ resourceNamespace: shop.namespace.name, resourceName: job })
    query.set('resourceUID', (await jobs()).find(({ name }) => name === job)?.uid ?? '')
    const url = `http://${process.env.ARGOCD_SERVER}/api/v1/applications/${application.name}/events?${query}`
    const { items } = (await (await fetch(url)).json()) as { items: { reason: string; message: string }[] }
    expect(items.find(({ reason }) => reason === 'MigrationFailed')?.message).toContain('004_discount.sql, line 5')
  })

  test('the corrected version continues where the failed one stopped', async () => {
    const commit = await release('3')
    const { phase, message } = await application.sync(commit, { prune: true })
    expect(phase, message).toBe('Succeeded')
    await expectSettled(commit)
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 4))
    expect(await jobs()).toHaveLength(1)
    await expectServed('3')
  })

  test('a rollback brings the older version back onto the newer schema', async () => {
    const before = await jobs()
    const { history: syncs } = await application.status()
    const id = syncs?.findLast(({ revision }) => revision === commits.get('2'))?.id
    // The command may miss the end of what it has begun and wait on; what became of it is looked at below.
    await application.cli('rollback', String(id), '--timeout', '60')
    await application.becomes('OutOfSync Healthy', commits.get('3') ?? '')
    await expectServed('2')
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 4))
    // Argo CD runs no hook then; an ordinary Job is among what it brings back, and finds nothing to do.
    if (mode === 'hook') expect(await jobs()).toEqual(before)
    else expect(await shop.namespace.kubectl('logs', `job/${await jobOf(shop.namespace, '2')}`)).toContain('UpToDate')
  })

  test('a selective sync runs no migrator, so the gate holds the new pods and the old ones serve', async () => {
    const [pods, before] = [await shop.ready(), await jobs()]
    const commit = await release('4')
    const { code, output } = await application.cli(
      'sync',
      '--revision',
      commit,
      '--resource',
      'apps:Deployment:shop-web',
      '--async',
    )
    expect(code, output).toBe(0)
    await application.operation('the selective sync', ({ operation }) => !!operation.sync?.resources)
    await until('the gate says what it waits for', async () =>
      (await gates()).output.includes('1 migration not applied yet: 005_rebate'),
    )
    expect(await shop.ready()).toEqual(pods)
    expect(await shop.pods()).not.toEqual(pods)
    expect(await jobs()).toEqual(before)
    await expectServedBy(traffic, '2', pods)
  })

  test('a sync of everything migrates, and the gate opens', async () => {
    const commit = commits.get('4') ?? ''
    const { phase, message } = await application.sync(commit, { prune: true })
    expect(phase, message).toBe('Succeeded')
    await expectSettled(commit)
    expect(await shop.postgres.applied()).toEqual(newest)
    await expectServed('4')
  })

  // That a hook is settled so, too, is shown by the application that syncs itself.
  if (mode === 'job')
    test('applied by the server it is settled too, and its pods stay', async () => {
      const [commit, pods] = [commits.get('4') ?? '', await shop.ready()]
      const { phase, message } = await application.sync(commit, { syncOptions: ['ServerSideApply=true'] })
      expect(phase, message).toBe('Succeeded')
      await expectSettled(commit)
      expect(await shop.ready()).toEqual(pods)
      await expectServedBy(traffic, '4', pods)
    })

  test('deleted, it leaves the database with its history and nothing else', async () => {
    await application.delete()
    const kinds = 'all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets'
    const left = (): Promise<string> =>
      shop.namespace.kubectl('get', kinds, '--selector', 'app.kubernetes.io/instance=shop', '--output', 'name')
    await until('everything is gone', async () => (await left()) === '')
    expect(await shop.postgres.applied()).toEqual(newest)
  })
}
