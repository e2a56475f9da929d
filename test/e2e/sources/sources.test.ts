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
  })
  afterAll(() => shop?.namespace.delete())

  test('are applied, and the gate compares with the same', async () => {
    const image = ['--set', 'image.repository=localhost/lotse', '--set-string', 'image.tag=dev']
    const { code, output } = await shop.roll('install', '2', '--wait', ...image, ...flags)
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toEqual(names)
    const gates = await shop.namespace.kubectl('logs', '-l', 'app.kubernetes.io/component=web', '-c', 'gate')
    expect(gates).toContain('UpToDate: the schema is what this version needs')
  })
})
