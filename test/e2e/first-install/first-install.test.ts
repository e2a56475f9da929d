import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { expectNoFailure } from '../../support/served.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

describe('the very first install fails', () => {
  let shop: Shop
  let traffic: Traffic
  beforeAll(async () => {
    shop = await openShop('first-install')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
  })
  afterAll(() => shop?.namespace.delete())

  test('and nothing of the application was made', async () => {
    const { code, output } = await shop.roll('install', '3-broken')
    expect(code).not.toBe(0)
    expect(output).toContain('004_discount.sql, line 5, column 19')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    const made = await shop.namespace.kubectl('get', 'deployments,services,serviceaccounts', '-o', 'name')
    expect(made.split('\n').filter(Boolean).sort()).toEqual([
      'service/postgres',
      'serviceaccount/default',
      'serviceaccount/shop-migrator',
    ])
    expect((await traffic.figures()).answered).toBe(0)
  })

  test('helm upgrade --install of the corrected version succeeds', async () => {
    const { code, output } = await shop.roll('upgrade', '3', '--install', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('1 migration to apply, 3 applied before: 004_discount')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await traffic.next(100)).toEqual({ versions: ['3'], pods: await shop.pods() })
    await expectNoFailure(traffic)
  })
})
