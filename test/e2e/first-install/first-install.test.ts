import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helms, releaseStatus } from '../../support/helm.ts'
import { openShop, type Shop } from '../../support/shop.ts'

describe.each(helms)('%s: the very first install fails', (variable) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop(variable, 'first-install')
  })
  afterAll(() => shop?.namespace.delete())

  test('no pod of the application was ever made', async () => {
    const { code, output } = await shop.roll('install', '3-broken')
    expect(code).not.toBe(0)
    expect(output).toContain('004_discount.sql, line 5, column 19')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    expect(await shop.pods()).toEqual([])
    expect(await shop.namespace.kubectl('get', 'deployments', '-o', 'name')).toBe('')
  })

  test('helm upgrade --install of the corrected version succeeds', async () => {
    const { code, output } = await shop.roll('upgrade', '3', '--install', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('1 migration to apply, 3 applied before: 004_discount')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await shop.pods()).toHaveLength(2)
  })
})
