import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { until } from '../../support/command.ts'
import { countRuns, jobOf, jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { expectNoFailure, expectRolledTo, expectServedBy } from '../../support/served.ts'
import { expectSettled, openArgocdShop } from './argocd-shop.ts'

const file = 'test/e2e/argocd/automated.yaml'
const retryLimit = parse(readFileSync(file, 'utf8')).spec.syncPolicy.retry.limit

/** The life of an application that Argo CD syncs by itself and by server-side apply, in one mode. */
export function tellAutomatedLife(mode: 'hook' | 'job'): void {
  const argocd = opening((closing) => openArgocdShop(closing, `argocd-automated-${mode}`, file))

  const jobs = () => jobsIn(argocd.shop.namespace)
  const runs = () => countRuns(argocd.shop.namespace)

  test('it installs what is in the repository', async () => {
    await expectSettled(argocd.application, await argocd.release('2', { mode }))
    expect(await runs()).toBe(1)
    await expectRolledTo('2', argocd)
  })

  test('self-heal runs no migrator: with a schema behind the gate holds the new pod, and the old one serves', async () => {
    const before = await jobs()
    // As after the restore of a backup.
    await argocd.shop.postgres.query(
      `drop index products_price; delete from lotse_history where name = '003_price_index'`,
    )
    await argocd.shop.namespace.kubectl('scale', 'deployment/shop-web', '--replicas=1')
    const healed = await argocd.application.operation('healing', ({ operation }) => !!operation.sync?.resources)
    expect(healed.syncResult?.resources?.map(({ name }) => name)).toEqual(['shop-web'])
    expect(healed.operation.initiatedBy?.automated).toBe(true)
    await argocd.gateSays('1 migration not applied yet: 003_price_index')
    const ready = await argocd.shop.ready()
    expect(ready).toHaveLength(1)
    await expectServedBy(argocd.traffic, '2', ready)
    expect(await jobs()).toEqual(before)
  })

  test(`${mode === 'hook' ? 'a sync of everything' : 'self-heal of the deleted Job'} migrates, and the gate opens`, async () => {
    const before = await runs()
    if (mode === 'hook') {
      const { code, output } = await argocd.application.cli('sync', '--async')
      expect(code, output).toBe(0)
    } else await argocd.shop.namespace.kubectl('delete', 'jobs', '--all')
    await until('both pods serve', async () => (await argocd.shop.ready()).length === 2, 120_000)
    await until('it is settled', async () => (await argocd.application.compared()) === 'Synced Healthy')
    expect(await runs()).toBe(before + 1)
    await expectNoFailure(argocd.traffic)
  })

  test(`a failing migration is run ${mode === 'hook' ? 'as often as retry.limit allows' : 'once'}, and then no more`, async () => {
    const [pods, before] = [await argocd.shop.ready(), await runs()]
    const commit = await argocd.release('3-broken', { mode })
    await argocd.application.compared()
    if (mode === 'hook') {
      const { retryCount } = await argocd.application.operation('the last try', ({ phase }) => phase === 'Failed')
      expect(retryCount).toBe(retryLimit)
      // A try may count without running the migrator, when Argo CD takes the Job's failure before for its own.
      expect(await runs()).toBeLessThanOrEqual(before + 1 + retryLimit)
    }
    const state = mode === 'hook' ? 'OutOfSync Healthy' : 'Synced Degraded'
    await argocd.application.becomes(state, commit)
    const run = await runs()
    expect(run).toBeGreaterThan(before)
    // Comparing anew does not begin it anew.
    expect(await argocd.application.compared()).toBe(state)
    if (mode === 'hook')
      await until('it says that it gave up', async () =>
        (await argocd.application.status()).conditions?.some(({ message }) =>
          message.startsWith('Failed last sync attempt'),
        ),
      )
    else expect(run).toBe(before + 1)
    const tried = await jobOf(argocd.shop.namespace, '3-broken')
    expect((await jobs()).find(({ name }) => name === tried)?.failed).toBe(1)
    expect(await runs()).toBe(run)
    await expectServedBy(argocd.traffic, '2', pods)
  })

  test('the corrected commit is synced by itself', async () => {
    const before = await runs()
    await expectSettled(argocd.application, await argocd.release('3', { mode }))
    expect(await runs()).toBe(before + 1)
    expect(await jobs()).toHaveLength(1)
    await expectRolledTo('3', argocd)
  })
}
