import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { expectNoFailure } from '../../support/served.ts'
import { openShop, rollArguments, type Shop } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

describe('Helm takes over what kubectl apply made', () => {
  let shop: Shop
  let traffic: Traffic
  /** Helm 4 applies on the server, where the fields are kubectl's; Helm 3 knows no such flag and needs none. */
  let force: string[]
  beforeAll(async () => {
    shop = await openShop('adopted')
    traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    const { stdout } = await shop.helm(['version', '--template', '{{.Version}}'])
    force = stdout.startsWith('v3') ? [] : ['--force-conflicts']
  })
  afterAll(() => shop?.namespace.delete())

  const quick = ['--values', 'test/e2e/modes/values.yaml']
  const expectServed = async (version: string): Promise<void> => {
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
    await shop.pods()
    expect((await traffic.next(30)).versions).toEqual([version])
    await expectNoFailure(traffic)
  }

  test('kubectl applies it in mode job', async () => {
    const [, ...release] = rollArguments('install', '1')
    const { stdout } = await shop.helm(['template', ...release, ...quick, '--set', 'migrations.mode=job'])
    await shop.namespace.apply(stdout)
    await expectServed('1')
  })

  test('without --take-ownership Helm refuses', async () => {
    const { code, output } = await shop.roll('install', '1', ...quick, '--set', 'migrations.mode=job')
    expect(code).not.toBe(0)
    expect(output).toContain('invalid ownership metadata')
  })

  test('with it Helm has a release, and no pod is replaced', async () => {
    const pods = await shop.ready()
    const flags = [...quick, '--install', '--take-ownership', ...force, '--wait', '--set', 'migrations.mode=job']
    const { code, output } = await shop.roll('upgrade', '1', ...flags)
    expect(code, output).toBe(0)
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await shop.ready()).toEqual(pods)
  })

  test('the next upgrade is like any other, in mode hook too', async () => {
    const { code, output } = await shop.roll('upgrade', '2', ...quick, '--wait', ...force)
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toHaveLength(3)
    await expectServed('2')
    // The Job of mode job was the release's, so it went with the mode.
    expect(await shop.namespace.kubectl('get', 'jobs', '--output', 'name')).toBe('job.batch/shop-migrator\n')
  })
})
