import { describe, expect, test } from 'vitest'
import { opening } from '../../support/opening.ts'
import { expectExpanded, expectServed, openCustomers, rollOutAndFinish } from './customers.ts'

describe('a rollback in the soak time', () => {
  const shop = opening((closing) => openCustomers(closing, 'rolled-back'))

  test('a finisher that would have to wait for long ends, and says how long a rollback is possible', async () => {
    expect((await shop.roll('1', '--wait')).code).toBe(0)
    await shop.fill()
    const { code, output } = await shop.roll('2', '--wait', '--set', 'finish.soak=1h')
    expect(code, output).toBe(0)
    await shop.finisher.start('long-soak')
    expect(await shop.finisher.ends('long-soak')).toMatchObject({ how: 'Complete', exitCode: 0 })
    await shop.finisher.says(/[Rr]ollback stays possible until .*soak 1 h/, 'long-soak')
    await expectExpanded(shop)
  })

  test('one that waits for the rest of it stops when the older release is back, which serves as before', async () => {
    const { code, output } = await shop.roll('2', '--wait', '--set', 'finish.soak=5m')
    expect(code, output).toBe(0)
    await shop.finisher.start('short-soak')
    await shop.finisher.says(/[Rr]ollback stays possible until .*soak 5 min/, 'short-soak')
    const back = await shop.helm(['rollback', 'shop', '1', '--wait', '--timeout', '2m'])
    expect(back.code, back.output).toBe(0)
    expect(await shop.finisher.ends('short-soak')).toMatchObject({ how: 'Complete', exitCode: 0 })
    await expectExpanded(shop)
    await expectServed('1', shop)
  })

  test('forward again, without a soak time, it is finished', async () => {
    await rollOutAndFinish(shop, 'last')
  })
})
