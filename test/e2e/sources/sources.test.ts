import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openShop, type Shop } from '../../support/shop.ts'

const folder = 'test/fixtures/shop/migrations-2'
const names = ['001_products', '002_price', '003_price_index']

describe.each([
  {
    source: 'files',
    flags: names.flatMap((name) => ['--set-file', `migrations.source.files.${name}\\.sql=${folder}/${name}.sql`]),
  },
  { source: 'a ConfigMap', flags: ['--set', 'migrations.source.configMap=our-migrations'] },
  {
    source: "the application's image",
    flags: [
      '--set',
      'migrations.source.application=/shop/migrations,migrations.workload=web,workloads.web.image.repository=localhost/shop-with-migrations',
    ],
  },
])('migrations from $source, run by the image of Lotse alone', ({ flags }) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop('sources')
    await shop.namespace.kubectl('create', 'configmap', 'our-migrations', `--from-file=${folder}`)
    // Only containers with limits for CPU, memory and disk are admitted: the one that copies migrations among them.
    await shop.namespace.kubectl('apply', '-f', 'test/fixtures/shop/quota.yaml')
  })
  afterAll(() => shop?.namespace.delete())

  test('are applied, and the gate compares with the same', async () => {
    const image = ['--set', 'image.repository=localhost/lotse', '--set-string', 'image.tag=dev']
    const limits = ['--values', 'test/fixtures/shop/limits.yaml']
    const { code, output } = await shop.roll('install', '2', '--wait', ...limits, ...image, ...flags)
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toEqual(names)
    const gates = await shop.namespace.kubectl('logs', '-l', 'app.kubernetes.io/component=web', '-c', 'gate')
    expect(gates).toContain('UpToDate: the schema is what this version needs')
  })
})
