import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { isReady, namesOf } from '../../support/pods.ts'
import { expectNoFailure } from '../../support/served.ts'
import { type ElixirShop, expectServed, openElixirShop, podOfHook } from './elixir-shop.ts'

const [create, price, index] = ['20260101000000', '20260201000000', '20260202000000']

describe('Ecto in production: a person says when', () => {
  let shop: ElixirShop
  beforeAll(async () => {
    shop = await openElixirShop('production')
  })
  afterAll(() => shop?.namespace.delete())

  const kubectl = (...args: string[]) => shop.namespace.kubectl(...args)
  const from = (name: string) => kubectl('create', 'job', name, '--from=cronjob/shop-migrator')
  const complete = (name: string) => kubectl('wait', '--for=condition=Complete', `job/${name}`, '--timeout=120s')
  const waitsFor = (version: string) =>
    until(`a gate waits for ${version}`, async () =>
      (await kubectl('logs', '-l', 'app.kubernetes.io/component=web', '-c', 'gate', '--tail=-1')).includes(
        `pending: [${version}`,
      ),
    )

  test('an install migrates nothing; one command runs the very Job that staging runs, and the pods start', async () => {
    const { code, output } = await shop.deploy('1')
    expect(code, output).toBe(0)
    await waitsFor(create)
    expect(await kubectl('get', 'jobs', '-o', 'name')).toBe('')
    await from('migrate-1')
    const job = JSON.parse(await kubectl('get', 'job', 'migrate-1', '-o', 'json'))
    const own = JSON.stringify(job.spec.template.spec)
      .replaceAll('"shop-migrator-job"', '"shop-migrator"')
      // Beside the release somebody may still be about to make a Secret, so this Job waits for one; a hook does not.
      .replace(',{"name":"LOTSE_SOURCES_WAIT","value":"135s"}', '')
    expect(JSON.parse(own)).toEqual(await podOfHook(shop.namespace, 'staging', '1'))
    await complete('migrate-1')
    await kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    await expectServed(shop, '1')
  })

  test('of two that start at once one migrates, and the other finds it done', async () => {
    const old = await shop.names()
    expect((await shop.deploy('2')).code).toBe(0)
    await waitsFor(price)
    // Somebody else holds the lock until both are there.
    await shop.type(2, (script) =>
      script.replace('rollback-2', 'holder').replace(/Shop.Release.rollback\(\d+\)/, 'Process.sleep(:infinity)'),
    )
    await until(
      'the holder runs',
      async () => (await kubectl('get', 'job/holder', '-o', 'jsonpath={.status.ready}')) === '1',
    )
    await Promise.all([shop.type(1, (script) => script.split('\n')[0] ?? ''), from('again-2')])
    for (const job of ['migrate-2', 'again-2'])
      await until(`${job} waits for the lock`, async () =>
        (await kubectl('logs', `job/${job}`, '-c', 'guard')).includes('Waiting for another migrator'),
      )
    expect(await shop.versions()).toEqual([create])
    expect(namesOf((await shop.pods()).filter(isReady))).toEqual(old)
    await kubectl('delete', 'job', 'holder')
    await Promise.all([complete('migrate-2'), complete('again-2')])
    const logs = (await Promise.all([shop.log('migrate-2'), shop.log('again-2')])).sort()
    expect(logs[0]).toContain('== Migrated 20260201000000\n')
    expect(logs[0]).toContain('== Migrated 20260202000000\n')
    expect(logs[1]).toBe('Migrations already up\n')
    expect(await shop.versions()).toEqual([create, price, index])
    await kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    await expectServed(shop, '2')
  })

  test('one command reverts the schema to a version, and the next one migrates again', async () => {
    const indexes = async () =>
      (await shop.postgres.query(`select from pg_indexes where indexname = 'products_price'`)).length
    expect(await indexes()).toBe(1)
    await shop.type(2)
    await complete('rollback-2')
    expect(await shop.versions()).toEqual([create, price])
    expect(await indexes()).toBe(0)
    await from('once-more')
    await complete('once-more')
    expect(await shop.versions()).toEqual([create, price, index])
    expect(await indexes()).toBe(1)
    await expectNoFailure(shop.traffic)
  })

  test('back to the version before: the application first, then the schema by the image that knows the way', async () => {
    const job = await shop.type(2, (script) =>
      script
        .replace('rollback-2', 'back-to-1')
        .replace('20260202000000', price)
        .replace(/\| kubectl create .*$/m, ''),
    )
    const { code, output } = await shop.helm(['rollback', 'shop', '1', '--wait', '--timeout', '3m'])
    expect(code, output).toBe(0)
    await expectServed(shop, '1')
    await shop.namespace.apply(job)
    await complete('back-to-1')
    expect(await shop.versions()).toEqual([create])
    await expectServed(shop, '1')
  })
})
