import { describe, expect, test } from 'vitest'
import { opening, openRelease } from '../../support/opening.ts'
import { expectExpanded, expectRenamed, expectServed, openCustomers, valuesOf } from './customers.ts'
import { expectInOrder, type Watch } from './watch.ts'

describe('Flux rolls out the release that renames a column', () => {
  const flux = opening(async (closing) => {
    const shop = await openCustomers(closing, 'renamed-flux')
    const release = await openRelease(closing, 'test/e2e/flux/release.yaml', shop.namespace, shop.helm)
    return { shop, release }
  })
  const mode = { mode: 'job' }
  let watch: Watch

  test('it is Ready when the new pods are, with nothing dropped', async () => {
    expect((await flux.release.roll(valuesOf('1', mode))).reason).toBe('InstallSucceeded')
    await flux.shop.fill()
    await expectServed('1', flux.shop)
    watch = flux.shop.watch()
    const { reason, message } = await flux.release.roll(valuesOf('2', mode))
    expect(reason, message).toBe('UpgradeSucceeded')
    await expectExpanded(flux.shop)
  })

  test('it becomes Ready again while the finisher works, which then drops the column', async () => {
    const letGo = await flux.shop.holdMiddle()
    await flux.shop.finisher.start('now')
    await flux.shop.halfDone()
    const { reason, message } = await flux.release.roll(valuesOf('2', mode, { schedule: '0 0 2 1 *' }))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await flux.shop.finisher.running()).toEqual(['now'])
    await expectExpanded(flux.shop)
    await letGo()
    expect((await flux.shop.finisher.ends('now')).how).toBe('Complete')
    await expectRenamed(flux.shop)
    expectInOrder(await watch.end())
    await expectServed('2', flux.shop)
  })
})
