import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { type Application, createApplication } from '../../support/argocd.ts'
import { type Result, until } from '../../support/command.ts'
import { createRepository, type GitRepository } from '../../support/git-repository.ts'
import { countRuns } from '../../support/jobs.ts'
import { expectNoFailure, expectServedBy } from '../../support/served.ts'
import { openShop, type Shop, type Version, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

const file = 'test/e2e/argocd/automated.yaml'
const retryLimit = parse(readFileSync(file, 'utf8')).spec.syncPolicy.retry.limit

describe('Argo CD syncs a shop by itself, by server-side apply', () => {
  let shop: Shop
  let traffic: Traffic
  let repository: GitRepository
  let application: Application
  let first: string

  beforeAll(async () => {
    repository = await createRepository(['chart'])
    shop = await openShop('argocd-automated')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    first = await release('2')
    application = await createApplication(file, shop.namespace, repository.url)
  })
  afterAll(async () => {
    await application?.delete()
    await shop?.namespace.delete()
    repository?.remove()
  })

  const release = (version: Version): Promise<string> =>
    repository.commit({ 'shop/values.yaml': stringify(valuesOf(version)) })
  const jobUid = (): Promise<string> =>
    shop.namespace.kubectl('get', 'job/shop-migrator', '--output', 'jsonpath={.metadata.uid}')
  const gates = (): Promise<Result> =>
    application.cli('logs', '--group', 'apps', '--kind', 'Deployment', '--name', 'shop-web', '--container', 'gate')

  test('it installs what is in the repository', async () => {
    await application.becomes('Synced Healthy', first)
    expect(await application.compared()).toBe('Synced Healthy')
    expect(await countRuns(shop.namespace)).toBe(1)
    expect((await traffic.next(60)).versions).toEqual(['2'])
  })

  test('self-heal runs no migrator: with a schema behind the gate holds the new pod, and the old one serves', async () => {
    const job = await jobUid()
    // As after the restore of a backup.
    await shop.postgres.query(`drop index products_price; delete from lotse_history where name = '003_price_index'`)
    await shop.namespace.kubectl('scale', 'deployment/shop-web', '--replicas=1')
    const healed = await application.operation('healing', ({ operation }) => !!operation.sync?.resources)
    expect(healed.syncResult?.resources?.map(({ name }) => name)).toEqual(['shop-web'])
    expect(healed.operation.initiatedBy?.automated).toBe(true)
    await until('the gate says what it waits for', async () =>
      (await gates()).output.includes('1 migration not applied yet: 003_price_index'),
    )
    const ready = await shop.ready()
    expect(ready).toHaveLength(1)
    await expectServedBy(traffic, '2', ready)
    expect(await jobUid()).toBe(job)
  })

  test('a sync of everything migrates, and the gate opens', async () => {
    const { code, output } = await application.cli('sync', '--async')
    expect(code, output).toBe(0)
    await application.operation('the sync of everything', ({ operation }) => !operation.initiatedBy?.automated)
    await until('both pods serve', async () => (await shop.ready()).length === 2)
    expect(await application.compared()).toBe('Synced Healthy')
    await expectNoFailure(traffic)
  })

  test('a failing migration is run as often as retry.limit allows, and then no more', async () => {
    const [pods, before] = [await shop.ready(), await countRuns(shop.namespace)]
    const commit = await release('3-broken')
    await application.compared()
    const { phase, retryCount } = await application.operation('the last try', ({ phase }) => phase === 'Failed')
    expect({ phase, retryCount }).toEqual({ phase: 'Failed', retryCount: retryLimit })
    const run = await countRuns(shop.namespace)
    // A try may count without running the migrator, when Argo CD takes the Job's failure before for its own.
    expect(run - before).toBeGreaterThanOrEqual(1)
    expect(run - before).toBeLessThanOrEqual(1 + retryLimit)
    await application.becomes('OutOfSync Healthy', commit)
    // Comparing anew does not begin it anew.
    expect(await application.compared()).toBe('OutOfSync Healthy')
    await until('it says that it gave up', async () =>
      (await application.status()).conditions?.some(({ message }) => message.startsWith('Failed last sync attempt')),
    )
    expect(await countRuns(shop.namespace)).toBe(run)
    await expectServedBy(traffic, '2', pods)
  })

  test('the corrected commit is synced by itself', async () => {
    const before = await countRuns(shop.namespace)
    const commit = await release('3')
    await application.becomes('Synced Healthy', commit)
    expect(await countRuns(shop.namespace)).toBe(before + 1)
    await shop.pods()
    expect((await traffic.next(60)).versions).toEqual(['3'])
  })
})
