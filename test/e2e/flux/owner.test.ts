import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Release } from '../../support/flux.ts'
import { releaseStatus } from '../../support/helm.ts'
import { expectNoFailure } from '../../support/served.ts'
import { type Shop, valuesOf } from '../../support/shop.ts'
import type { Traffic } from '../../support/traffic.ts'
import { type FluxShop, openFluxShop } from './flux-shop.ts'

describe('a release of Helm becomes one of Flux, and Helm takes it back', () => {
  let shop: Shop
  let traffic: Traffic
  let release: Release
  let close: FluxShop['close'] | undefined

  beforeAll(async () => {
    ;({ shop, traffic, release, close } = await openFluxShop('flux-owner'))
  })
  afterAll(() => close?.())

  const quick = ['--values', 'test/e2e/modes/values.yaml', '--wait'] as const
  const expectServed = async (version: string): Promise<void> => {
    await shop.pods()
    expect((await traffic.next(60)).versions).toEqual([version])
    await expectNoFailure(traffic)
  }

  test('Helm installs it', async () => {
    const { code, output } = await shop.roll('install', '1', ...quick)
    expect(code, output).toBe(0)
    await expectServed('1')
  })

  test('Flux takes over where Helm stopped', async () => {
    const { reason, message } = await release.roll(valuesOf('2'))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await shop.postgres.applied()).toHaveLength(3)
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
    expect(await shop.postgres.applied()).toHaveLength(4)
    await expectServed('3')
  })
})
