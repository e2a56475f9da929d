import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { helms, releaseStatus } from '../../support/helm.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { type Figures, startTraffic } from '../../support/traffic.ts'

describe.each(helms)('%s: a shop is installed, upgraded, fails and recovers under a stream of requests', (variable) => {
  let shop: Shop
  let figures: () => Promise<Figures>

  beforeAll(async () => {
    shop = await openShop(variable, 'rollout')
    figures = await startTraffic(shop.namespace, 'http://shop-web/products')
  })
  afterAll(() => shop?.namespace.delete())

  const history = async (): Promise<string[]> =>
    (await shop.postgres.query('select name from lotse_history order by position')).map((row) => row.name)

  /** Requests went on, none failed, and the newest answers come from this version alone. */
  const expectServed = async (version: string): Promise<void> => {
    const before = await figures()
    const after = await until('fifty more answers', async () => {
      const now = await figures()
      return now.answered >= before.answered + 50 && now
    })
    expect(after.failures).toEqual([])
    expect(after.failed).toBe(0)
    const answered = (name: string): number => (after.versions[name] ?? 0) - (before.versions[name] ?? 0)
    expect(answered(version)).toBe(after.answered - before.answered)
  }

  test('install applies the migrations, then starts the pods', async () => {
    const { code, output } = await shop.roll('install', '1', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('Applied 1 migration in')
    expect(output).toContain('The migrator has run, and the database has the schema that this release needs.')
    expect(await history()).toEqual(['001_products'])
    await expectServed('1')
  })

  test('upgrade applies what is pending before a pod changes', async () => {
    const { code, output } = await shop.roll('upgrade', '2', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('2 migrations to apply, 1 applied before: 002_price, 003_price_index')
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index'])
    await expectServed('2')
  })

  test('a failing upgrade names the SQL error, changes nothing and lets the old pods serve', async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const { code, output } = await shop.roll('upgrade', '3-broken', '--wait')
    expect(code).not.toBe(0)
    expect(output).toContain('004_discount.sql, line 5, column 19: column')
    expect(output).toContain('does not exist (SQLSTATE 42703)')
    expect(output).toContain('004_discount.sql was rolled back and left nothing behind.')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('2')
  })

  test("the failed migrator's pod keeps log and termination message", async () => {
    const selector = 'batch.kubernetes.io/job-name=shop-migrator'
    const message = await shop.namespace.kubectl(
      'get',
      'pods',
      '-l',
      selector,
      '-o',
      'jsonpath={.items[*].status.containerStatuses[0].state.terminated}',
    )
    expect(JSON.parse(message)).toMatchObject({
      exitCode: 24,
      message: expect.stringContaining('MigrationFailed: 004_discount.sql, line 5'),
    })
    expect(await shop.namespace.kubectl('logs', 'job/shop-migrator')).toContain('update products')
  })

  test('the corrected upgrade continues where the failed one stopped', async () => {
    const { code, output } = await shop.roll('upgrade', '3', '--wait')
    expect(code, output).toBe(0)
    expect(await history()).toEqual(['001_products', '002_price', '003_price_index', '004_discount'])
    await expectServed('3')
  })

  test('an upgrade with nothing pending changes no schema and says so', async () => {
    const schema = await shop.postgres.schema()
    const { code, output } = await shop.roll('upgrade', '3', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('UpToDate: the schema is what this version needs')
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('3')
  })

  test('rollback brings the older image back onto the newer schema', async () => {
    const { code, output } = await shop.helm(['rollback', 'shop', '2', '--wait', '--timeout', '3m'])
    expect(code, output).toBe(0)
    expect(await history()).toHaveLength(4)
    await expectServed('2')
  })

  test('an older version is installed over the newer schema too', async () => {
    const { code, output } = await shop.roll('upgrade', '2', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('The schema is newer than this image: 004_discount came from a newer version. Going on.')
    await expectServed('2')
  })
})
