import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { shopOf, trafficTo } from '../../support/opening.ts'
import { expectServedBy } from '../../support/served.ts'

/** What the README says a failing upgrade prints, without the lines that tell a time or go on. */
const [, shown = ''] =
  /^## When a migration fails\n([\s\S]+?)^In job mode /m.exec(readFileSync('README.md', 'utf8')) ?? []
const promised = shown.split('\n').filter((line) => line.startsWith('    ') && !/\d ms|…/.test(line))

describe('a shop is installed, upgraded, fails and recovers under a stream of requests', () => {
  const shop = shopOf('rollout')
  const traffic = trafficTo(shop)

  /** This version answers, from all its pods and from no other; no request failed since the first answer of the story. */
  const expectServed = async (version: string): Promise<void> => {
    const pods = await shop.pods()
    await expectServedBy(traffic, version, pods)
  }

  test('install applies the migrations, then starts the pods', async () => {
    const { code, output } = await shop.roll('install', '1', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('Applied 1 migration in')
    expect(output).toContain('The migrator has run, and the database has the schema that this release needs.')
    expect(await shop.postgres.applied()).toEqual(['001_products'])
    await expectServed('1')
  })

  test('upgrade applies what is pending, then replaces the pods', async () => {
    const { code, output } = await shop.roll('upgrade', '2', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('2 migrations to apply, 1 applied before: 002_price, 003_price_index')
    expect(await shop.postgres.applied()).toEqual(['001_products', '002_price', '003_price_index'])
    await expectServed('2')
  })

  test('a failing upgrade names the SQL error, changes nothing and lets the old pods serve', async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const { code, output } = await shop.roll('upgrade', '3-broken', '--wait', '--set', 'test.timeout=5s')
    expect(code).not.toBe(0)
    // Helm 4 quotes the migrator's log.
    const read = output.replaceAll('\\"', '"')
    expect(read).toContain('MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist')
    expect(promised.length).toBeGreaterThan(5)
    for (const line of promised) expect(read).toContain(line.trim())
    expect(await releaseStatus(shop.helm, 'shop')).toBe('failed')
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('2')
  })

  test("the failed migrator's pod keeps its log and the same text as termination message", async () => {
    const selector = 'batch.kubernetes.io/job-name=shop-migrator'
    const terminated = '{.items[*].status.containerStatuses[0].state.terminated}'
    const state = await shop.namespace.kubectl('get', 'pods', '-l', selector, '-o', `jsonpath=${terminated}`)
    const { exitCode, message } = JSON.parse(state)
    expect(exitCode).toBe(24)
    expect(message).toMatch(/^MigrationFailed: 004_discount\.sql, line 5, column 19: column "prize" does not exist/)
    expect(await shop.namespace.kubectl('logs', 'job/shop-migrator')).toContain(message)
  })

  test('helm test says what the failed version lacks', async () => {
    const { code, output } = await shop.helm(['test', 'shop', '--logs', '--timeout', '2m'])
    expect(code).not.toBe(0)
    expect(output).toMatch(/shop-web:80 answers/)
    expect(output).toMatch(/WaitTimeout: database .* still lacks 1 migration after 5 s/)
    expect(output).toContain('- 004_discount')
  })

  test('an upgrade that a row does not allow is refused before any lock, and names the row', async () => {
    await shop.postgres.query(`insert into products (name) values ('Assam')`)
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const names = ['001_products', '002_price', '003_price_index']
    const files = names.flatMap((name) => [
      '--set-file',
      `migrations.source.files.${name}\\.sql=test/fixtures/shop/migrations-2/${name}.sql`,
    ])
    const image = ['--set', 'image.repository=localhost/lotse,migrations.check=refuse', '--set-string', 'image.tag=dev']
    const unique = ['--set-string', 'migrations.source.files.004_name\\.sql=alter table products add unique (name);']
    const { code, output } = await shop.roll('upgrade', '2', '--wait', ...image, ...files, ...unique)
    expect(code).not.toBe(0)
    expect(output).toContain('Will fail (23505): products 1 and 4 have the same name.')
    expect(output).toContain('PlanRefused: the check found')
    expect(output).not.toContain('Took the run lock')
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await shop.postgres.query('delete from products where id = 4')
    await expectServed('2')
  })

  test('the corrected upgrade continues where the failed one stopped', async () => {
    const { code, output } = await shop.roll('upgrade', '3', '--wait')
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toEqual(['001_products', '002_price', '003_price_index', '004_discount'])
    await expectServed('3')
  })

  test('an upgrade with nothing pending changes neither schema nor pods and says so', async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const route = ['--set', 'workloads.web.ingress.hosts={shop.example.com}']
    const { code, output } = await shop.roll('upgrade', '3', '--wait', ...route)
    expect(code, output).toBe(0)
    expect(output).toContain('UpToDate: the schema is what this version needs')
    expect(await shop.postgres.schema()).toBe(schema)
    expect(await shop.pods()).toEqual(pods)
    await expectServed('3')
  })

  test("an upgrade whose migration's condition is false names it, runs nothing of the migration and lets the old pods serve", async () => {
    const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
    const folder = 'test/fixtures/shop/migrations-4'
    const files = ['001_products', '002_price', '003_price_index', '004_discount', '005_rebate']
      .map((name) => `migrations.source.files.${name}\\.sql=${folder}/${name}.sql`)
      .concat('migrations.source.files.005_rebate\\.check\\.sql=test/e2e/rollout/005_rebate.check.sql')
    const image = ['--set', 'image.repository=localhost/lotse', '--set-string', 'image.tag=dev']
    const { code, output } = await shop.roll('upgrade', '3', '--wait', ...image, '--set-file', files.join(','))
    expect(code).not.toBe(0)
    const read = output.replaceAll('\\"', '"')
    expect(read).toContain(
      '005_rebate was not applied: its condition 005_rebate.check.sql, line 3, is false: 3 teas have no discount',
    )
    expect(read).toContain('Nothing of 005_rebate.sql was run.')
    expect(await shop.pods()).toEqual(pods)
    expect(await shop.postgres.schema()).toBe(schema)
    await expectServed('3')
  })

  test('an Ingress leads to the Service, once it is asked for', async () => {
    const backend = '{.spec.rules[0].http.paths[0].backend.service}'
    const service = await shop.namespace.kubectl('get', 'ingress', 'shop-web', '-o', `jsonpath=${backend}`)
    expect(JSON.parse(service)).toEqual({ name: 'shop-web', port: { name: 'http' } })
  })

  test('rollback brings the older image back onto the newer schema', async () => {
    const { code, output } = await shop.helm(['rollback', 'shop', '2', '--wait', '--timeout', '3m'])
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toHaveLength(4)
    await expectServed('2')
  })

  test('helm test is content with the older version on the newer schema', async () => {
    const { code, output } = await shop.helm(['test', 'shop', '--logs', '--timeout', '2m'])
    expect(code, output).toBe(0)
    expect(output).toMatch(/shop-web:80 answers[\s\S]+UpToDate/)
    await expectServed('2')
  })

  test('the older version is installed over the newer schema too, and says that it is newer', async () => {
    const { code, output } = await shop.roll('upgrade', '2', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('The schema is newer than this image: 004_discount came from a newer version. Continuing.')
    await expectServed('2')
  })

  describe('a change that would keep everybody waiting on a table of a million rows', () => {
    /** The migrations of version 3, and some that the release adds. */
    const withFiles = (files: Record<string, string>): string[] => [
      ...['001_products', '002_price', '003_price_index', '004_discount'].flatMap((name) => [
        '--set-file',
        `migrations.source.files.${name}\\.sql=test/fixtures/shop/migrations-3/${name}.sql`,
      ]),
      '--set-json',
      `migrations.source.files=${JSON.stringify(files)}`,
      '--set',
      'migrations.check=refuse',
    ]
    const visits =
      'create table visits (id bigint primary key, amount integer not null);\n' +
      'insert into visits select n, n from generate_series(1, 1000000) as n;\n'

    test('check: refuse ends the upgrade with the size, the locks and the safe form; nothing changes', async () => {
      expect((await shop.roll('upgrade', '3', '--wait', ...withFiles({ '005_visits.sql': visits }))).code).toBe(0)
      await shop.postgres.query('analyze visits')
      const [pods, schema] = [await shop.pods(), await shop.postgres.schema()]
      const change =
        'alter table visits alter column amount type numeric;\ncreate index visits_amount on visits (amount);\n'
      const files = { '005_visits.sql': visits, '006_amount.sql': change }
      const { code, output } = await shop.roll('upgrade', '3', '--wait', ...withFiles(files))
      expect(code).not.toBe(0)
      const read = output.replaceAll('\\"', '"')
      expect(read).toContain('PlanRefused: the check found 3 errors in the pending migrations')
      expect(read).toMatch(/006_amount\.sql, line 1, column \d+: column-type-rewrites \(error\)/)
      expect(read).toMatch(
        /Table visits \(\d+ MB, about 1,000,000 rows\): ACCESS EXCLUSIVE, reads and writes wait for about/,
      )
      expect(read).toMatch(/006_amount\.sql, line 2, column 1: work-under-lock \(error\)/)
      expect(read).toContain('alter table visits add column amount_new numeric;')
      expect(read).toContain('create index concurrently visits_amount on visits (amount);')
      expect(await shop.pods()).toEqual(pods)
      expect(await shop.postgres.schema()).toBe(schema)
      await expectServed('3')
    })
  })
})
