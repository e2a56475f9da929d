import { describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { opening } from '../../support/opening.ts'
import { expectExpanded, expectRenamed, expectServed, openCustomers } from './customers.ts'

describe('a backfill that is half done', () => {
  const shop = opening((closing) => openCustomers(closing, 'half-done'))
  let letGo: () => Promise<void>

  test('the pod of the finisher is lost: the next one goes on where it stood', async () => {
    expect((await shop.roll('1', '--wait')).code).toBe(0)
    await shop.fill()
    expect((await shop.roll('2', '--wait')).code).toBe(0)
    letGo = await shop.holdMiddle()
    await shop.finisher.start('second')
    await shop.halfDone()
    const [lost = ''] = await shop.finisher.pods('second')
    await shop.namespace.kubectl('delete', 'pod', lost, '--force', '--grace-period=0')
    await until('another pod takes its place', async () => {
      const pods = await shop.finisher.pods('second')
      return pods.length > 0 && !pods.includes(lost)
    })
    await shop.finisher.says(/Backfill 003_fill_name goes on in customers, after 9,999 /, 'second')
    await expectExpanded(shop)
  })

  test('the next release is rolled out: the finisher of the one before stops', async () => {
    const { code, output } = await shop.roll('3', '--wait')
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toContain('005_cities')
    expect(await shop.finisher.ends('second')).toMatchObject({ how: 'Complete', exitCode: 0 })
    await expectExpanded(shop)
    await expectServed('3', shop)
  })

  test('its own goes on where the backfill stood, and every row is changed once', async () => {
    await shop.finisher.start('third')
    await shop.finisher.says(/Backfill 003_fill_name goes on in customers, after 9,999 /, 'third')
    await letGo()
    expect((await shop.finisher.ends('third')).how).toBe('Complete')
    await expectRenamed(shop)
    await expectServed('3', shop)
  })
})
