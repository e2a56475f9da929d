import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Application, createApplication } from '../../support/argocd.ts'
import { createRepository, type GitRepository } from '../../support/git-repository.ts'
import { openShop, type Shop, type Version, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

/** The life of an application that Argo CD syncs from a git repository, under a stream of requests. */
export function tellLife(): void {
  let shop: Shop
  let traffic: Traffic
  let repository: GitRepository
  let application: Application

  beforeAll(async () => {
    repository = await createRepository(['chart'])
    shop = await openShop('argocd')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    application = await createApplication('test/e2e/argocd/application.yaml', shop.namespace, repository.url)
  })
  afterAll(async () => {
    await application?.delete()
    await shop?.namespace.delete()
    repository?.remove()
  })

  const release = (version: Version): Promise<string> =>
    repository.commit({ 'shop/values.yaml': stringify(valuesOf(version)) })
  const history = async (): Promise<string[]> =>
    (await shop.postgres.query('select name from lotse_history order by position')).map((row) => row.name)
  const expectServed = async (version: string): Promise<void> => {
    const pods = await shop.pods()
    expect(await traffic.next(100)).toEqual({ versions: [version], pods })
    expect((await traffic.figures()).failures.join('\n')).toBe('')
  }

  test('the first sync applies the migrations, then starts the pods', async () => {
    const commit = await release('1')
    const { phase, message, syncResult } = await application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    expect(syncResult?.resources).toContainEqual(
      expect.objectContaining({ kind: 'Job', name: 'shop-migrator', hookPhase: 'Succeeded' }),
    )
    await application.becomes('Synced Healthy', commit)
    expect(await history()).toEqual(['001_products'])
    await expectServed('1')
  })

  test('the sync of a new version applies what is pending, then replaces the pods', async () => {
    const commit = await release('2')
    const { phase, message } = await application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    await application.becomes('Synced Healthy', commit)
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index'])
    await expectServed('2')
  })

  test('a failing migration fails the sync, which says why; the old pods serve', async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const commit = await release('3-broken')
    const { phase, message, syncResult } = await application.sync(commit)
    expect(phase).toBe('Failed')
    expect(message).toBe('one or more synchronization tasks completed unsuccessfully')
    const migrator = syncResult?.resources?.find(({ kind }) => kind === 'Job')
    expect(migrator).toMatchObject({ name: 'shop-migrator', hookPhase: 'Failed' })
    expect(migrator?.message).toMatch(/^Container migrator for pod \S+ failed with exit code 24 /)
    const log = await shop.namespace.kubectl('logs', 'job/shop-migrator')
    expect(log).toContain('MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist')
    await application.becomes('OutOfSync Healthy', commit)
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('2')
  })

  test('the sync of the corrected version continues where the failed one stopped', async () => {
    const commit = await release('3')
    const { phase, message } = await application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    await application.becomes('Synced Healthy', commit)
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index', '004_discount'])
    await expectServed('3')
  })
}
