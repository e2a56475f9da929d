import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { type Helm, helmIn } from '../../support/helm.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'
import { expectNoFailure } from '../../support/served.ts'
import { startTraffic } from '../../support/traffic.ts'

describe.each([
  { way: 'the migrator of mode job', flags: [], replicas: 2, jobs: 1 },
  {
    way: 'the gates of ten pods',
    flags: ['--set', 'migrations.enabled=false,gate.migrate=true'],
    replicas: 10,
    jobs: 0,
  },
])('postgres.enabled gives a working stack with one command, migrated by $way', ({ flags, replicas, jobs }) => {
  let namespace: Namespace
  let helm: Helm
  beforeAll(async () => {
    namespace = await createNamespace('trial')
    helm = helmIn(namespace)
  })
  afterAll(() => namespace?.delete())

  test('installs with --wait, and serves', async () => {
    const values = ['--values', 'test/e2e/trial/values.yaml', '--set', `workloads.web.replicas=${replicas}`]
    const { code, output } = await helm(['install', 'shop', 'chart', ...values, ...flags, '--wait', '--timeout', '3m'])
    expect(code, output).toBe(0)
    const traffic = await startTraffic(namespace, 'http://shop-web/products')
    await until('all pods answer', async () => (await traffic.next(100)).pods.length === replicas)
    await expectNoFailure(traffic)
    expect(await namespace.pods('batch.kubernetes.io/job-name')).toHaveLength(jobs)
  })

  test('with each migration applied by exactly one', async () => {
    const [selector, container] = jobs
      ? ['app.kubernetes.io/component=migrator', 'migrator']
      : ['app.kubernetes.io/component=web', 'gate']
    const who = ['-l', selector, '-c', container, '--tail=-1', '--max-log-requests=20']
    const all = await namespace.kubectl('logs', ...who)
    for (const name of ['001_products', '002_price', '003_price_index'])
      expect(all.match(new RegExp(`Applied  ${name} in`, 'g'))).toHaveLength(1)
  })
})
