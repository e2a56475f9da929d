import { describe, expect, test } from 'vitest'
import { opening } from '../../support/opening.ts'
import { expectServedBy } from '../../support/served.ts'
import { expectExpanded, openCustomers, rollOutAndFinish } from './customers.ts'

describe('a rollout that never completes', () => {
  const shop = opening((closing) => openCustomers(closing, 'never-ready'))

  test('the new pods are never ready: the finisher says what it waits for, gives up and changes nothing', async () => {
    expect((await shop.roll('1', '--wait')).code).toBe(0)
    await shop.fill()
    const pods = await shop.ready()
    const path = 'workloads.web.probes.readiness.httpGet.path=/nowhere'
    const { code, output } = await shop.roll('2', '--set', `${path},finish.timeout=12s,finish.events=true`)
    expect(code, output).toBe(0)
    await shop.finisher.start('too-early')
    const { how, exitCode, message } = await shop.finisher.ends('too-early')
    expect([how, exitCode]).toEqual(['Failed', 25])
    expect(message).toMatch(/^WaitTimeout: [\s\S]*Deployment shop-web: /)
    expect(await shop.finisher.says('Deployment shop-web: ', 'too-early')).toContain('Waiting')
    const described = await shop.namespace.kubectl('describe', 'job', 'too-early')
    expect(described).toMatch(/Normal\s+RolloutWaiting[\s\S]*Deployment shop-web: [\s\S]*Warning\s+WaitTimeout\s/)
    await expectExpanded(shop)
    await expectServedBy(shop.traffic, '1', pods)
  })

  test('the corrected release rolls out, and the next finisher runs what was left', async () => {
    await rollOutAndFinish(shop, 'in-time')
  })
})
