import { describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { shopOf, trafficTo } from '../../support/opening.ts'
import { expectServedBy } from '../../support/served.ts'

describe('the very first install fails', () => {
  const shop = shopOf('first-install')
  const traffic = trafficTo(shop)

  test('a Secret with another name is named by Helm, long before its timeout', async () => {
    const started = performance.now()
    const { code, output } = await shop.roll('install', '3', '--set', 'database.existingSecret.name=typo')
    console.log(`named after ${Math.round((performance.now() - started) / 1_000)} s`)
    expect(code).not.toBe(0)
    expect(output).toContain(
      `ConfigInvalid: DATABASE_URL is to come from the key \`url\` of Secret ${shop.namespace.name}/typo, which does not exist (or lacks that key)`,
    )
    expect(output).not.toContain('deadline')
  })

  const tool = [
    ...['--set', 'migrations.workload=web', '--set-json', 'migrations.args=["select 1"]'],
    ...['--set-json', 'migrations.command=["/usr/local/bin/node","/shop/foreign.js"]'],
  ]
  const nowhere = 'database.existingSecret.name=,database.host=nowhere,database.name=shop,database.user=shop'
  const copy = 'migrations.source.application=/nowhere,workloads.web.image.repository=localhost/shop-with-migrations'

  // Helm prints no log of an init container, and each of these would fail in one.
  test.each([
    [
      'a Secret with another name',
      [...tool, '--set', 'database.existingSecret.name=typo'],
      'Secret .*/typo, which does',
    ],
    [
      'a database that does not answer',
      [...tool, '--set', `${nowhere},migrations.budgets.connect=3s`],
      'DatabaseUnreachable: database shop at nowhere:5432 did not answer within . s: ',
    ],
    ['migrations that cannot be copied', ['--set', `migrations.workload=web,${copy}`], 'cannot stat .*/nowhere/'],
  ])('and so is %s, where the application has a tool or the migrations', async (_, flags, reason) => {
    const started = performance.now()
    const { code, output } = await shop.roll('upgrade', '2', '--install', ...flags)
    console.log(`named after ${Math.round((performance.now() - started) / 1_000)} s`)
    expect(code).not.toBe(0)
    expect(output).toMatch(new RegExp(reason))
    expect(output).not.toContain('deadline')
  })

  test('and nothing of the application was made', async () => {
    const { code, output } = await shop.roll('upgrade', '3-broken', '--install')
    expect(code).not.toBe(0)
    expect(output).toContain('004_discount.sql, line 5, column 19')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    const made = await shop.namespace.kubectl('get', 'deployments,services,serviceaccounts', '-o', 'name')
    expect(made.split('\n').filter(Boolean).sort()).toEqual([
      'service/postgres',
      'serviceaccount/default',
      'serviceaccount/shop-migrator',
    ])
    expect((await traffic.figures()).answered).toBe(0)
  })

  test('helm upgrade --install of the corrected version succeeds', async () => {
    const { code, output } = await shop.roll('upgrade', '3', '--install', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('1 migration to apply, 3 applied before: 004_discount')
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    await expectServedBy(traffic, '3', await shop.pods())
  })
})
