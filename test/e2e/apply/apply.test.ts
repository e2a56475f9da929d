import { describe, expect, test } from 'vitest'
import { jobOf } from '../../support/jobs.ts'
import { shopOf, trafficTo } from '../../support/opening.ts'
import { expectNoFailure, expectServedBy } from '../../support/served.ts'
import { rollArguments, type Version } from '../../support/shop.ts'

describe('helm template | kubectl apply, in mode job', () => {
  const shop = shopOf('apply')
  const traffic = trafficTo(shop)

  const apply = async (version: Version): Promise<string> => {
    const [, ...release] = rollArguments('install', version)
    const { code, stdout, output } = await shop.helm(['template', ...release, '--set', 'migrations.mode=job'])
    expect(code, output).toBe(0)
    return shop.namespace.apply(stdout)
  }
  const expectServed = async (version: string): Promise<void> => {
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    await shop.pods()
    expect((await traffic.next(30)).versions).toEqual([version])
    await expectNoFailure(traffic)
  }
  const jobs = async (): Promise<string[]> => {
    const states = await shop.namespace.kubectl('get', 'jobs', '-o', 'jsonpath={.items[*].status.conditions[-1:].type}')
    return states.split(' ')
  }

  test('installs', async () => {
    await apply('1')
    await expectServed('1')
    expect(await jobs()).toEqual(['Complete'])
  })

  test('changes nothing the second time', async () => {
    const said = (await apply('1')).trim().split('\n')
    expect(said.filter((line) => !line.endsWith(' unchanged'))).toEqual([])
  })

  test('upgrades, beside the old Job, which nobody deletes', async () => {
    await apply('2')
    await expectServed('2')
    expect(await jobs()).toEqual(['Complete', 'Complete'])
  })

  test('holds the new pods behind the gate when the migrator fails', async () => {
    const pods = await shop.ready()
    await apply('3-broken')
    const job = await jobOf(shop.namespace, '3-broken')
    await shop.namespace.kubectl('wait', `job/${job}`, '--for=condition=Failed', '--timeout=60s')
    expect(await shop.namespace.kubectl('logs', `job/${job}`)).toContain('column "prize" does not exist')
    await expectServedBy(traffic, '2', pods)
  })
})
