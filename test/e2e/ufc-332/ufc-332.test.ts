import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { releaseStatus } from '../../support/helm.ts'
import { jobsIn } from '../../support/jobs.ts'
import { startKubePostgres } from '../../support/kube-postgres.ts'
import { opening, openStage } from '../../support/opening.ts'
import { endsOfGates, isReady, isStopping, namesOf, type Pod, podsIn } from '../../support/pods.ts'
import { rightsOf } from '../../support/rights.ts'
import { expectNoFailure, expectServedBy } from '../../support/served.ts'

type Version = '1' | '2' | '3' | '3-broken'

describe('UFC-332: migrations leave the start of a backend with several replicas', () => {
  const replicas = 4
  const stage = opening((closing) =>
    openStage(closing, 'ufc-332', 'http://ufc-backend/accounts', (namespace) =>
      startKubePostgres(namespace, 'ufc-database'),
    ),
  )

  const deploy = (version: Version, ...flags: string[]): Promise<Result> =>
    stage.helm([
      ...['upgrade', '--install', 'ufc', 'chart', '--values', 'test/e2e/ufc-332/values.yaml', '--timeout', '3m'],
      ...['--set-string', `image.tag=${version},workloads.backend.image.tag=${version[0]}`, ...flags],
    ])
  const backends = async (): Promise<Pod[]> =>
    (await podsIn(stage.namespace, 'app.kubernetes.io/component=backend')).filter((pod) => !isStopping(pod))
  const names = async (): Promise<string[]> => namesOf(await backends())
  const available = async (): Promise<number> =>
    Number(await stage.namespace.kubectl('get', 'deployment/ufc-backend', '-o', 'jsonpath={.status.availableReplicas}'))
  const expectServed = async (version: string): Promise<void> => {
    const pods = await names()
    await until('all backends answer', async () => (await stage.traffic.next(30)).pods.join() === pods.join())
    await expectServedBy(stage.traffic, version, pods)
  }
  const job = async (): Promise<string> =>
    (await jobsIn(stage.namespace)).map(({ name, uid }) => `${name} ${uid}`).join()

  test('the Job migrates, then all backends start at once, and none of them collides', async () => {
    const { code, output } = await deploy('1', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain('Applied 1 migration in')
    const pods = await backends()
    expect(pods).toHaveLength(replicas)
    expect(
      pods.flatMap(({ status }) => (status.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    ).toEqual(Array(replicas).fill(0))
    expect(await stage.postgres.query('select count(*)::int as accounts from accounts')).toEqual([{ accounts: 100 }])
    await expectServed('1')
  })

  test('a deploy deletes the Job and creates it anew, and no backend changes before it is complete', async () => {
    const [before, pods] = [await job(), await names()]
    const deploying = deploy('2', '--wait')
    await until('the migration runs', async () => {
      const running = `select from pg_stat_activity where query like '%pg_sleep(5)%' and pid <> pg_backend_pid()`
      return (await stage.postgres.query(running)).length > 0
    })
    const during = await job()
    expect(during).toMatch(/^ufc-migrator /)
    expect(during).not.toBe(before)
    expect(await names()).toEqual(pods)
    const seen = new Set<number>()
    let done = false
    const watching = until(
      'the deploy is over',
      async () => {
        seen.add(await available())
        return done
      },
      180_000,
    )
    const { code, output } = await deploying
    done = true
    await watching
    expect(code, output).toBe(0)
    // maxUnavailable is 0: at no look were there fewer than asked for.
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(replicas)
    expect(await job()).toBe(during)
    await until('the old backends are gone', async () => (await names()).length === replicas)
    await expectServed('2')
  })

  test('a failing migration stops the deploy as soon as the Job has failed, and the backends stay', async () => {
    const [pods, schema] = [await names(), await stage.postgres.schema()]
    const { code, output } = await deploy('3-broken', '--wait')
    expect(code).not.toBe(0)
    expect(output).toContain('003_unique_email.ts')
    expect(output).toContain('could not create unique index')
    expect(output).not.toContain('context deadline exceeded')
    expect(await releaseStatus(stage.helm, 'ufc')).toBe('failed')
    expect(await names()).toEqual(pods)
    expect(await stage.postgres.schema()).toBe(schema)
    await expectServedBy(stage.traffic, '2', pods)
  })

  test('pushed on past the hook, the waiting container finds the Job failed, shows its log and ends at once', async () => {
    const pods = await names()
    const { code, output } = await deploy('3-broken', '--no-hooks')
    expect(code, output).toBe(0)
    const ended = await until('a waiting container has ended', async () => endsOfGates(await backends())[0])
    expect(ended.exitCode).toBe(24)
    expect(ended.message).toContain('could not create unique index')
    expect(namesOf((await backends()).filter(isReady))).toEqual(pods)
    await expectServedBy(stage.traffic, '2', pods)
  })

  test('the waiting container may read that Job, its pods and their logs, and nothing else', async () => {
    expect(await rightsOf(stage.namespace, 'ufc')).toEqual([
      'jobs.batch [] [ufc-migrator] [get]',
      'pods [] [] [list]',
      'pods/log [] [] [get]',
    ])
  })

  test('corrected it goes on, and the history has each migration once', async () => {
    const { code, output } = await deploy('3', '--wait')
    expect(code, output).toBe(0)
    expect(await stage.postgres.applied()).toEqual(['001_accounts', '002_email', '003_unique_email'])
    await until('the old backends are gone', async () => (await names()).length === replicas)
    await expectServed('3')
    await expectNoFailure(stage.traffic)
  })
})
