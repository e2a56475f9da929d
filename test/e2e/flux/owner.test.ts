import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRelease, type Release } from '../../support/flux.ts'
import { releaseStatus } from '../../support/helm.ts'
import { publishChart, type Registry, startRegistry } from '../../support/registry.ts'
import { openShop, type Shop, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

describe('a release of Helm becomes one of Flux, and Helm takes it back', () => {
  let registry: Registry
  let shop: Shop
  let traffic: Traffic
  let release: Release

  beforeAll(async () => {
    registry = await startRegistry()
    shop = await openShop('flux-owner')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    const chart = await publishChart(registry, shop.helm)
    release = await createRelease('test/e2e/flux/release.yaml', shop.namespace, chart)
  })
  afterAll(async () => {
    await shop?.namespace.delete()
    registry?.stop()
  })

  const quick = ['--values', 'test/e2e/modes/values.yaml', '--wait'] as const
  const history = async (): Promise<number> =>
    (await shop.postgres.query('select name from lotse_history order by position')).length
  const expectServed = async (version: string): Promise<void> => {
    await shop.pods()
    expect((await traffic.next(60)).versions).toEqual([version])
    expect((await traffic.figures()).failures.join('\n')).toBe('')
  }

  test('Helm installs it', async () => {
    const { code, output } = await shop.roll('install', '1', ...quick)
    expect(code, output).toBe(0)
    await expectServed('1')
  })

  test('Flux takes over where Helm stopped', async () => {
    const { reason, message } = await release.roll(valuesOf('2'))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await history()).toBe(3)
    await expectServed('2')
  })

  test('suspended and deleted, the HelmRelease leaves everything to Helm', async () => {
    const pods = await shop.ready()
    await release.suspend()
    await release.delete()
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await shop.ready()).toEqual(pods)
    const { code, output } = await shop.roll('upgrade', '3', ...quick, '--force-conflicts')
    expect(code, output).toBe(0)
    expect(await history()).toBe(4)
    await expectServed('3')
  })
})
