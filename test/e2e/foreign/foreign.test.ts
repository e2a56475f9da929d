import { beforeAll, describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { shopOf, trafficTo } from '../../support/opening.ts'
import { podsIn } from '../../support/pods.ts'
import { enoughFor, expectNoFailure } from '../../support/served.ts'

const values = ['fixtures/shop/values', 'fixtures/shop/limits', 'e2e/foreign/values'].flatMap((file) => [
  '--values',
  `test/${file}.yaml`,
])
const create =
  'create table if not exists products (id integer generated always as identity primary key, name text not null)'
const price = 'alter table products add column if not exists price numeric not null default 1'

/** In a namespace with a quota: a container of the chart without limits for CPU, memory and disk would not be admitted. */
describe('a migration tool of the application, under the run lock', () => {
  const shop = shopOf('foreign')
  const traffic = trafficTo(shop)
  // Now that what makes the requests, which has no limits, is there.
  beforeAll(() => shop.namespace.kubectl('apply', '-f', 'test/fixtures/shop/quota.yaml'))

  /** Installs or upgrades to a version of the shop whose migrations are these statements. */
  const roll = (version: '1' | '2', statements: readonly string[], ...flags: string[]): Promise<Result> =>
    shop.helm([
      ...['upgrade', '--install', 'shop', 'chart', '--wait', '--timeout', '3m'],
      ...values,
      ...['--set-string', `workloads.web.image.tag=${version},image.tag=dev`],
      ...['--set-json', `migrations.args=${JSON.stringify(statements)}`],
      ...flags,
    ])
  const locks = () => shop.postgres.query(`select pid from pg_locks where locktype = 'advisory' and granted`)
  const migrators = async (): Promise<{ reason?: string; exitCode?: number }[]> => {
    const pods = await shop.namespace.kubectl(
      'get',
      'pods',
      '-l',
      'batch.kubernetes.io/job-name=shop-migrator',
      '-o',
      'json',
    )
    const { items } = JSON.parse(pods) as {
      items: { status: { containerStatuses?: { state: { terminated?: { exitCode: number } } }[] } }[]
    }
    return items.map(({ status }) => status.containerStatuses?.[0]?.state.terminated ?? {})
  }
  const expectServed = async (version: string): Promise<void> => {
    await shop.pods()
    expect((await traffic.next(30)).versions).toEqual([version])
    await expectNoFailure(traffic)
  }

  test('installs: the tool runs while the guard holds the lock, and the lock is free afterwards', async () => {
    const during = `select 1 / count(*) from pg_locks where locktype = 'advisory' and granted`
    const { code, output } = await roll('1', [during, create])
    expect(code, output).toBe(0)
    expect(await shop.namespace.kubectl('logs', 'job/shop-migrator', '-c', 'migrator')).toContain('done')
    await until('the lock is free', async () => (await locks()).length === 0)
    await expectServed('1')
  })

  test('a tool that fails fails the upgrade at once, once, and the old pods serve', async () => {
    const pods = await shop.ready()
    const { code, output } = await roll('2', ['alter table products add column price misspelt'])
    expect(code).not.toBe(0)
    // Helm 4 quotes the migrator's log.
    expect(output.replaceAll('\\"', '"')).toContain('failed: type "misspelt" does not exist')
    expect(await migrators()).toMatchObject([{ exitCode: 1 }])
    expect(await traffic.next(enoughFor(pods))).toEqual({ versions: ['1'], pods })
  })

  test('an exit code that is to be retried is', async () => {
    await shop.postgres.query('create sequence attempts')
    const { code, output } = await roll(
      '2',
      [`select 1 / (case nextval('attempts') when 1 then 0 else 1 end)`, price],
      '--set-json',
      'migrations.retryExitCodes=[1,137,143]',
    )
    expect(code, output).toBe(0)
    expect((await migrators()).map(({ exitCode }) => exitCode).sort()).toEqual([0, 1])
    await expectServed('2')
  })

  test('the gate may be a command of the application', async () => {
    const ready = `select 1 / count(*) from information_schema.columns where column_name = 'price'`
    const command = ['/usr/local/bin/node', '/shop/foreign.js', ready]
    const { code, output } = await roll('2', [price], '--set-json', `gate.command=${JSON.stringify(command)}`)
    expect(code, output).toBe(0)
    await expectServed('2')
    for (const pod of await shop.ready())
      expect(await shop.namespace.kubectl('logs', `pod/${pod}`, '-c', 'gate')).toContain('done')
  })

  test('a tool that takes longer than its run may is ended in time: its pod stays, with its log and the reason', async () => {
    const short = 'migrations.budgets.run=10s,migrations.budgets.lockWait=5s,migrations.budgets.connect=5s'
    const { code } = await roll('2', ['select pg_sleep(150)'], '--set', short)
    expect(code).not.toBe(0)
    const [pod, ...others] = await podsIn(shop.namespace, 'batch.kubernetes.io/job-name=shop-migrator')
    expect(others).toEqual([])
    const guard = pod?.status.initContainerStatuses?.find(({ name }) => name === 'guard')?.state?.terminated
    expect(guard).toMatchObject({
      exitCode: 24,
      message: expect.stringContaining('MigrationFailed: the run did not finish within its 10 s'),
    })
    await until('the lock is free', async () => (await locks()).length === 0)
  })

  test('a lock that cannot be had ends the upgrade with 22, and Helm says who holds it', async () => {
    const { code, output } = await shop.helm([
      'install',
      'other',
      'chart',
      '--timeout',
      '2m',
      ...values,
      '--set-string',
      'workloads.web.image.tag=2,image.tag=dev',
      '--set',
      'migrations.enabled=false,gate.enabled=false',
      '--set-json',
      'migrations.args=["select pg_sleep(900)"]',
    ])
    expect(code, output).toBe(0)
    await shop.namespace.kubectl('create', 'job', 'by-hand', '--from=cronjob/other-migrator')
    await until('it holds the lock', async () => (await locks()).length > 0)
    const second = await roll('2', [price], '--set', 'migrations.budgets.lockWait=3s,migrations.budgets.connect=3s')
    expect(second.code).not.toBe(0)
    expect(second.output).toContain('LockTimeout: another migrator still held the run lock after 3 s')
    const message = '{.items[*].status.containerStatuses[?(@.name=="ready")].state.terminated}'
    const verdict = JSON.parse(
      await shop.namespace.kubectl(
        'get',
        'pods',
        '-l',
        'batch.kubernetes.io/job-name=shop-migrator-ready',
        '-o',
        `jsonpath=${message}`,
      ),
    )
    expect(verdict.exitCode).toBe(22)
    expect(verdict.message).toContain('LockTimeout')
    expect(verdict.message).toContain('other')
  })

  test('a tool whose lock is lost is ended by Kubernetes', async () => {
    const [holder] = await locks()
    await shop.postgres.query(`select pg_terminate_backend(${holder?.pid})`)
    const ended = '{.items[0].status.containerStatuses[?(@.name=="migrator")].state.terminated.exitCode}'
    const code = await until('the tool was ended', () =>
      shop.namespace.kubectl('get', 'pods', '-l', 'batch.kubernetes.io/job-name=by-hand', '-o', `jsonpath=${ended}`),
    )
    expect(['137', '143']).toContain(code)
    await shop.namespace.kubectl('delete', 'job', 'by-hand')
    await expectServed('2')
  })
})
