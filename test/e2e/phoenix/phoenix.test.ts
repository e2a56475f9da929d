import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { startKubePostgres } from '../../support/kube-postgres.ts'
import { opening, openStage } from '../../support/opening.ts'
import { endsOfGates, isReady, isStopping, namesOf, type Pod, podsIn } from '../../support/pods.ts'
import { expectServedBy } from '../../support/served.ts'

type Version = '1' | '2' | '3' | '3-broken'
const [products, price, discount] = [
  '20260101000000_create_products',
  '20260201000000_add_price',
  '20260301000000_add_discount',
]

describe('Phoenix: no Job; ten pods at once wait until no migration that they know is pending, and see to it themselves', () => {
  const replicas = 10
  const stage = opening((closing) => openStage(closing, 'phoenix', 'http://shop-web/products', startKubePostgres))

  const deploy = (version: Version, ...flags: string[]): Promise<Result> =>
    stage.helm([
      ...['upgrade', '--install', 'shop', 'chart', '--values', 'test/e2e/phoenix/values.yaml', '--timeout', '3m'],
      ...['--set-string', `workloads.web.image.tag=${version}`, ...flags],
    ])
  const pods = async (): Promise<Pod[]> =>
    (await podsIn(stage.namespace, 'app.kubernetes.io/component=web')).filter((pod) => !isStopping(pod))
  const ready = async (): Promise<string[]> => namesOf((await pods()).filter(isReady))
  /** The logs of the gates of all pods but these. */
  const gates = async (except: readonly string[] = []): Promise<string[]> => {
    const names = namesOf(await pods()).filter((name) => !except.includes(name))
    return Promise.all(names.map((name) => stage.namespace.log(name, 'gate')))
  }
  const saying = (logs: readonly string[], words: string): number => logs.filter((log) => log.includes(words)).length
  const expectServed = async (version: string): Promise<void> => {
    await until('the other pods are gone', async () => (await pods()).length === replicas)
    const names = await ready()
    expect(names).toHaveLength(replicas)
    await until('all pods answer', async () => (await stage.traffic.next(30)).pods.join() === names.join())
    await until('no others do', async () => (await stage.traffic.next(30)).versions.join() === version)
    expect((await stage.traffic.figures()).failures).toEqual([])
  }

  test('ten pods are installed at once, without any Job, and one of their gates has migrated', async () => {
    const { code, output } = await deploy('1', '--wait')
    expect(code, output).toBe(0)
    expect(await stage.namespace.kubectl('get', 'jobs,cronjobs', '-o', 'name')).toBe('')
    const logs = await gates()
    expect(logs).toHaveLength(replicas)
    expect(saying(logs, `Applied  ${products} in`)).toBe(1)
    expect(await stage.postgres.applied()).toEqual([products])
    await expectServed('1')
  })

  test('while a migration is pending all new pods wait and the old ones serve; then it is applied once', async () => {
    const old = await ready()
    // The migration needs a table that somebody is reading, in one long transaction.
    const report = `begin; lock table products in access share mode; select pg_sleep(300) as report; commit`
    const reading = stage.postgres.query(report).catch(() => 'ended')
    const deploying = deploy('2', '--wait')
    await until(
      'one gate migrates and nine wait for it',
      async () => {
        const logs = await gates(old)
        return saying(logs, `Applying ${price}`) === 1 && saying(logs, 'Waiting for another migrator') === replicas - 1
      },
      120_000,
    )
    expect(await ready()).toEqual(old)
    await expectServedBy(stage.traffic, '1', old)
    await stage.postgres.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%as report%' and pid <> pg_backend_pid()`,
    )
    expect(await reading).toBe('ended')
    const { code, output } = await deploying
    expect(code, output).toBe(0)
    const logs = await gates(old)
    expect(saying(logs, `Applied  ${price} in`)).toBe(1)
    expect(saying(logs, `Applied  ${products} in`)).toBe(0)
    expect(await stage.postgres.applied()).toEqual([products, price])
    await expectServed('2')
  })

  test('a migration that fails keeps the new pods out and says why in log and termination message; the old pods serve', async () => {
    const [old, schema] = [await ready(), await stage.postgres.schema()]
    const { code, output } = await deploy('3-broken')
    expect(code, output).toBe(0)
    const reason = `MigrationFailed: ${discount}.sql, line 2, column 32: column "prize" does not exist (SQLSTATE 42703)`
    const ends = await until(
      'every gate has ended',
      async () => {
        const seen = endsOfGates(await pods())
        return seen.length === replicas && seen
      },
      120_000,
    )
    for (const { exitCode, message } of ends) {
      expect(exitCode).toBe(24)
      expect(message).toContain(reason)
    }
    await until('a log says why', async () => saying(await gates(old), reason) > 0)
    expect(await ready()).toEqual(old)
    expect(await stage.postgres.schema()).toBe(schema)
    await expectServedBy(stage.traffic, '2', old)
  })

  test('corrected the new pods start, and each migration was applied once', async () => {
    const old = await ready()
    const { code, output } = await deploy('3', '--wait')
    expect(code, output).toBe(0)
    expect(saying(await gates(old), `Applied  ${discount} in`)).toBe(1)
    expect(await stage.postgres.applied()).toEqual([products, price, discount])
    await expectServed('3')
  })
})
