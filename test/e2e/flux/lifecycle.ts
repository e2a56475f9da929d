import { afterAll, beforeAll, expect, test } from 'vitest'
import { controllerStart, createRelease, type Release } from '../../support/flux.ts'
import { releaseStatus } from '../../support/helm.ts'
import { publishChart, type Registry, startRegistry } from '../../support/registry.ts'
import { openShop, type Shop, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

/** The life of a release that Flux installs from an OCI registry, under a stream of requests. */
export function tellLife(): void {
  let registry: Registry
  let shop: Shop
  let traffic: Traffic
  let release: Release
  let started: number

  beforeAll(async () => {
    started = await controllerStart()
    registry = await startRegistry()
    shop = await openShop('flux')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    const chart = await publishChart(registry, shop.helm)
    release = await createRelease('test/e2e/flux/release.yaml', shop.namespace, chart)
  })
  afterAll(async () => {
    await shop?.namespace.delete()
    registry?.stop()
  })

  const history = async (): Promise<string[]> =>
    (await shop.postgres.query('select name from lotse_history order by position')).map((row) => row.name)
  const expectServed = async (version: string): Promise<void> => {
    const pods = await shop.pods()
    expect(await traffic.next(100)).toEqual({ versions: [version], pods })
    expect((await traffic.figures()).failures.join('\n')).toBe('')
  }

  test('the first release applies the migrations, then starts the pods', async () => {
    const { reason, message } = await release.roll(valuesOf('1'))
    expect(reason, message).toBe('InstallSucceeded')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await history()).toEqual(['001_products'])
    await expectServed('1')
  })

  test('the chart leaves out what would crash the helm-controller', async () => {
    const { stdout } = await shop.helm(['get', 'hooks', 'shop'])
    expect(stdout).toContain('helm.sh/hook: pre-install,pre-upgrade')
    expect(stdout).not.toContain('hook-output-log-policy')
  })

  test('a new version applies what is pending, then replaces the pods', async () => {
    const { reason, message } = await release.roll(valuesOf('2'))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index'])
    await expectServed('2')
  })

  test('a failing migration fails the upgrade, which says why; the old pods serve', async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const { reason, message } = await release.roll(valuesOf('3-broken'))
    expect(reason, message).toBe('UpgradeFailed')
    expect(message).toContain('pre-upgrade hooks failed')
    expect(message).toContain(`[Job/${shop.namespace.name}/shop-migrator status: 'Failed']`)
    const log = await shop.namespace.kubectl('logs', 'job/shop-migrator')
    expect(log).toContain('MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('2')
  })

  test('the corrected version continues where the failed one stopped', async () => {
    const { reason, message } = await release.roll(valuesOf('3'))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index', '004_discount'])
    await expectServed('3')
  })

  test('the helm-controller is still the process that it was', async () => {
    expect(await controllerStart()).toBe(started)
  })
}
