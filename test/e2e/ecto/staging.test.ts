import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { expectServedBy } from '../../support/served.ts'
import { type ElixirShop, expectServed, openElixirShop } from './elixir-shop.ts'

const [create, price, index] = ['20260101000000', '20260201000000', '20260202000000']
const [fill, discount] = ['20260203000000', '20260301000000']
const products = 600

describe('Ecto in staging: a release migrates the schema by itself, and data on demand', () => {
  let shop: ElixirShop
  beforeAll(async () => {
    shop = await openElixirShop('staging')
  })
  afterAll(() => shop?.namespace.delete())

  const images = (object: string, path: string): Promise<string> =>
    shop.namespace.kubectl('get', object, '-o', `jsonpath={.spec.template.spec.containers[0]['image','${path}']}`)
  const filled = async (): Promise<number> =>
    (await shop.postgres.query('select count(price)::int as filled from products'))[0]?.filled

  test('one image migrates, then serves', async () => {
    const { code, output } = await shop.deploy('1', '--wait')
    expect(code, output).toBe(0)
    expect(await images('job/shop-migrator', 'args')).toBe('localhost/ecto-shop:1 ["eval","Shop.Release.migrate()"]')
    expect(await images('deployment/shop-web', 'args')).toBe('localhost/ecto-shop:1 ["start"]')
    expect(await shop.versions()).toEqual([create])
    await expectServed(shop, '1')
  })

  test('an upgrade migrates the schema, and no data', async () => {
    const { code, output } = await shop.deploy('2', '--wait')
    expect(code, output).toBe(0)
    expect(await shop.versions()).toEqual([create, price, index])
    expect(await filled()).toBe(0)
    await expectServed(shop, '2')
  })

  test('a data migration that is killed keeps its finished batches, and the same command goes on after them', async () => {
    await shop.postgres.query(`
      create table changes (id bigint);
      create function note() returns trigger language plpgsql as 'begin insert into changes values (new.id); return null; end';
      create trigger note after update on products for each row execute function note()`)
    const data = () =>
      shop.type(1, (script) =>
        script
          .split('\n')
          .filter((line) => line.includes('data'))
          .join('\n'),
      )
    const pod = 'batch.kubernetes.io/job-name=fill-price'
    const more = (than: number) => until('some batches are done', async () => (await filled()) > than + 60)
    await data()
    await more(0)
    await shop.namespace.kubectl('delete', 'job', 'fill-price', '--cascade=foreground')
    const first = await filled()
    expect(first).toBeLessThan(products)
    expect(await shop.versions()).not.toContain(fill)

    await data()
    await more(first)
    // This time the pod alone: the Job itself starts another one.
    await shop.namespace.kubectl('delete', 'pods', '-l', pod, '--now')
    expect(await filled()).toBeLessThan(products)
    await shop.namespace.kubectl('wait', '--for=condition=Complete', 'job/fill-price', '--timeout=120s')
    expect(await filled()).toBe(products)
    expect(await shop.postgres.query('select count(*)::int, count(distinct id)::int as once from changes')).toEqual([
      { count: products, once: products },
    ])
    const ended = ['get', 'job/fill-price', '-o', 'jsonpath={.status.failed} {.status.succeeded}']
    expect(await shop.namespace.kubectl(...ended)).toBe('1 1')
    expect(await shop.versions()).toContain(fill)
    await expectServed(shop, '2')
  })

  test('a backfill of Lotse does the same in SQL, in batches of its own size, and knows nothing of Ecto', async () => {
    await shop.postgres.query('truncate changes; update products set price = null; truncate changes')
    await shop.namespace.kubectl('create', 'configmap', 'shop-backfills', '--from-file=test/e2e/ecto/backfills')
    const versions = await shop.versions()
    await shop.namespace.kubectl('create', 'job', 'prices', '--from=cronjob/shop-migrator-prices')
    await shop.namespace.kubectl('wait', '--for=condition=Complete', 'job/prices', '--timeout=120s')
    expect(await shop.log('prices')).toContain(
      'Backfill 20260203000000_fill_price is through: 600 rows seen, 600 changed',
    )
    expect(await filled()).toBe(products)
    expect(await shop.postgres.query('select count(*)::int, count(distinct id)::int as once from changes')).toEqual([
      { count: products, once: products },
    ])
    expect(await shop.versions()).toEqual(versions)
    await expectServed(shop, '2')
  })

  test('a schema migration that fails leaves nothing behind, and the old pods serve', async () => {
    const [pods, schema, versions] = [await shop.names(), await shop.postgres.schema(), await shop.versions()]
    const { code, output } = await shop.deploy('3-broken', '--wait')
    expect(code, output).not.toBe(0)
    expect(await shop.log('shop-migrator')).toContain('column "prize" does not exist (SQLSTATE 42703)')
    expect(await shop.postgres.schema()).toBe(schema)
    expect(await shop.versions()).toEqual(versions)
    await expectServedBy(shop.traffic, '2', pods)
  })

  test('corrected it goes on', async () => {
    const { code, output } = await shop.deploy('3', '--wait')
    expect(code, output).toBe(0)
    expect(await shop.versions()).toEqual([create, price, index, fill, discount])
    await expectServed(shop, '3')
  })
})
