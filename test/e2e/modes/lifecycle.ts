import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { releaseStatus } from '../../support/helm.ts'
import { jobOf } from '../../support/jobs.ts'
import { shopOf, trafficTo } from '../../support/opening.ts'
import { expectNoFailure, expectServedBy } from '../../support/served.ts'
import type { Version } from '../../support/shop.ts'

/** Helm 4 calls it --rollback-on-failure, and still knows this name. */
const atomic = '--atomic'
const newest = ['001_products', '002_price', '003_price_index', '004_discount', '005_rebate']

/** The life of a release in one mode and with the same flags each time, under a stream of requests. */
export function tellLife(mode: 'hook' | 'job', flags: readonly string[]): void {
  const waits = flags.length > 0
  const shop = shopOf(`modes-${mode}`)
  const traffic = trafficTo(shop)

  const roll = (verb: 'install' | 'upgrade', version: Version, ...more: string[]) =>
    shop.roll(
      verb,
      version,
      '--values',
      'test/e2e/modes/values.yaml',
      '--set',
      `migrations.mode=${mode}`,
      ...flags,
      ...more,
    )

  /** This version answers, from all its pods and from no other; no request failed since the first answer. */
  const expectServed = async (version: string): Promise<void> => {
    if (!waits) await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    const served = { versions: [version], pods: await shop.ready() }
    // A pod that is ready gets its first request when kube-proxy has heard of it.
    await until('all pods answer', async () => isDeepStrictEqual(await traffic.next(30), served))
    await expectNoFailure(traffic)
  }
  const jobLog = async (version: Version): Promise<string> =>
    shop.namespace.kubectl('logs', `job/${await jobOf(shop.namespace, version)}`).catch(() => 'not started yet')

  test('install applies the migrations before a pod serves', async () => {
    const { code, output } = await roll('install', '1')
    expect(code, output).toBe(0)
    await expectServed('1')
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 1))
  })

  test('upgrade applies what is pending before a new pod serves', async () => {
    const { code, output } = await roll('upgrade', '2')
    expect(code, output).toBe(0)
    await expectServed('2')
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 3))
  })

  test('a failing upgrade lets the old pods serve, and its log names the SQL error', async () => {
    const [pods, schema] = [await shop.ready(), await shop.postgres.schema()]
    const { code, output } = await roll('upgrade', '3-broken', ...(mode === 'job' ? ['--timeout', '20s'] : []))
    // Without --wait Helm is done once it has handed the objects of mode job over.
    expect(code === 0, output).toBe(mode === 'job' && !waits)
    if (mode === 'hook') expect(output).toContain('MigrationFailed: 004_discount.sql, line 5, column 19')
    if (!flags.includes(atomic)) {
      const reason =
        'MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist (SQLSTATE 42703)'
      await until('the log names the error', async () => (await jobLog('3-broken')).includes(reason))
    }
    expect(await releaseStatus(shop.helm, 'shop')).toBe(code === 0 || flags.includes(atomic) ? 'deployed' : 'failed')
    await expectServedBy(traffic, '2', pods)
    expect(await shop.postgres.schema()).toBe(schema)
  })

  test('the corrected upgrade goes on from there', async () => {
    const { code, output } = await roll('upgrade', '3')
    expect(code, output).toBe(0)
    await expectServed('3')
    expect(await shop.postgres.applied()).toEqual(newest.slice(0, 4))
  })

  test('a rollback brings the older image back onto the newer schema', async () => {
    const { code, output } = await shop.helm(['rollback', 'shop', '2', '--wait', '--timeout', '2m'])
    expect(code, output).toBe(0)
    await expectServed('2')
    expect(await shop.postgres.applied()).toHaveLength(4)
  })

  test('after a breaking migration an older version is refused, and no pod changes', async () => {
    const breaking = await roll('upgrade', '4')
    expect(breaking.code, breaking.output).toBe(0)
    await expectServed('4')
    const pods = await shop.ready()
    const { code, output } = await roll('upgrade', '3', '--timeout', '20s')
    expect(code === 0, output).toBe(mode === 'job' && !waits)
    if (mode === 'hook') expect(output).toContain('005_rebate')
    else if (!flags.includes(atomic))
      await until('the log refuses', async () => (await jobLog('3')).includes('PlanRefused'))
    await expectServedBy(traffic, '4', pods)
    expect(await shop.postgres.applied()).toEqual(newest)
  })

  test('a rollback to it is held by the gate, since Helm runs no migrator then', async () => {
    const pods = await shop.ready()
    const { code } = await shop.helm(['rollback', 'shop', '4', '--wait', '--timeout', '20s'])
    expect(code).not.toBe(0)
    await expectServedBy(traffic, '4', pods)
    const gates = await shop.namespace.kubectl(
      'logs',
      '-l',
      'app.kubernetes.io/component=web',
      '-c',
      'gate',
      '--tail=-1',
    )
    expect(gates).toContain('PlanRefused')
    expect(gates).toContain('005_rebate')
  })

  test('it can be uninstalled and installed again', async () => {
    expect((await shop.helm(['uninstall', 'shop', '--wait'])).code).toBe(0)
    const { code, output } = await roll('install', '4')
    expect(code, output).toBe(0)
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    expect((await traffic.next(30)).versions).toEqual(['4'])
    expect(await shop.postgres.applied()).toEqual(newest)
  })
}
