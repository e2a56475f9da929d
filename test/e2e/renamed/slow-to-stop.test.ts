import { describe, expect, test } from 'vitest'
import { opening } from '../../support/opening.ts'
import { expectExpanded, expectRenamed, expectServed, openCustomers } from './customers.ts'
import { expectInOrder } from './watch.ts'

describe('an old pod that takes a minute to stop', () => {
  const shop = opening((closing) => openCustomers(closing, 'slow-to-stop'))

  test('the rollout is complete while it still works with the old column: the finisher waits until it is gone', async () => {
    const slow = 'workloads.web.env.STOPS=when it is killed,workloads.web.terminationGracePeriodSeconds=60'
    const one = 'migrations.mode=job,workloads.web.replicas=1'
    expect((await shop.roll('1', '--wait', '--set', `${slow},${one}`)).code).toBe(0)
    await shop.fill()
    const [old = ''] = await shop.ready()
    const watch = shop.watch()
    const { code, output } = await shop.roll('2', '--wait', '--set', one)
    expect(code, output).toBe(0)
    await shop.finisher.start('patient')
    await shop.finisher.says(`pod ${old} of an older version is still terminating`, 'patient')
    const status = await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=5s')
    expect(status).toContain('successfully rolled out')
    expect(await shop.namespace.get('api/v1', `pods/${old}:8080/proxy/customers`)).toMatchObject({ version: '1' })
    await expectExpanded(shop)
    expect((await shop.finisher.ends('patient')).how).toBe('Complete')
    await expectRenamed(shop)
    expectInOrder(await watch.end())
    await expectServed('2', shop)
  })
})
