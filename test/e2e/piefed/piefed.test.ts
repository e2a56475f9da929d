import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run, until } from '../../support/command.ts'
import { announceKubePostgres, type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { opening, openRelease, openStage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { rightsOf } from '../../support/rights.ts'
import { expectNoFailure, expectRolledTo, expectServedBy } from '../../support/served.ts'
import { serviceOf } from '../../support/service.ts'

type Version = '1' | '2-broken' | '2'
type Post = {
  readonly id: number
  readonly title: string
  readonly delivered_by: string | null
  readonly score?: number
}
type Job = {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly backoffLimit: number; readonly ttlSecondsAfterFinished: number }
  readonly status: { readonly failed?: number; readonly succeeded?: number }
}

describe('PieFed: Flask and Celery behind a db-init Job, under Flux', () => {
  const stage = opening(async (closing) => {
    const stage = await openStage(closing, 'piefed', 'http://piefed-web/posts', (namespace) =>
      announceKubePostgres(namespace, 'piefed-database'),
    )
    const release = await openRelease(closing, 'test/e2e/piefed/release.yaml', stage.namespace, stage.helm)
    return { ...stage, release }
  })
  let postgres: KubePostgres

  const values = (version: Version): object => {
    const all = parse(readFileSync('test/e2e/piefed/values.yaml', 'utf8'))
    for (const name of ['web', 'worker']) all.workloads[name].image.tag = version
    return all
  }
  const logs = (component: 'migrator' | 'web' | 'worker', container: string): Promise<string> =>
    stage.namespace.kubectl('logs', '-l', `app.kubernetes.io/component=${component}`, '-c', container, '--tail=-1')
  /** The Job that came last. */
  const job = async (): Promise<Job> =>
    JSON.parse(
      await stage.namespace.kubectl('get', 'jobs', '--sort-by=.metadata.creationTimestamp', '--output', 'json'),
    ).items.at(-1)
  const ready = (): Promise<string[]> => settledPods(stage.namespace, isReady)
  const expectServed = (version: Version): Promise<void> =>
    expectRolledTo(version, { shop: { pods: () => settledPods(stage.namespace) }, traffic: stage.traffic })
  /** Writes a post through the web; returns it as it is once a worker has delivered it. */
  const delivered = async (title: string): Promise<Post> => {
    const web = serviceOf(stage.namespace, 'piefed-web')
    const { id } = await web.post<Post>('/posts', { title })
    return until(`post ${id} is delivered`, async () => {
      const { posts } = await web.get<{ posts: Post[] }>('/posts')
      return posts.find((post) => post.id === id && post.delivered_by)
    })
  }

  test('the db-init Job waits for PostgreSQL and Redis, and web and workers for the Job', async () => {
    const installing = stage.release.roll(values('1'))
    await until('the Job waits for Redis', async () =>
      (await logs('migrator', 'guard')).includes('Waiting for redis:6379'),
    )
    await stage.namespace.apply(readFileSync('test/e2e/piefed/redis.yaml', 'utf8'))
    await until('the Job waits for PostgreSQL', async () =>
      (await logs('migrator', 'guard')).includes('Waiting for database'),
    )
    for (const component of ['web', 'worker'] as const)
      await until(`${component} waits for ten minutes at most`, async () =>
        /Waiting for Job .*-migrator-.* of 10 min\): it is running/.test(await logs(component, 'gate')),
      )
    postgres = await startKubePostgres(stage.namespace, 'piefed-database')
    const { reason, message } = await installing
    expect(reason, message).toBe('InstallSucceeded')
    expect(await logs('migrator', 'migrator')).toContain('the database is ready')
    await expectServed('1')
  })

  test('three retries, and the Job is kept for 24 hours', async () => {
    expect((await job()).spec).toMatchObject({ backoffLimit: 3, ttlSecondsAfterFinished: 24 * 60 * 60 })
  })

  test('a worker does what is written through the web', async () => {
    expect((await delivered('hello')).delivered_by).toMatch(/^piefed-worker-/)
  })

  test('the waiting containers may read that Job and logs in their namespace, and nothing else', async () => {
    const { metadata } = await job()
    const rights = [`jobs.batch [] [${metadata.name}] [get]`, 'pods [] [] [list]', 'pods/log [] [] [get]']
    expect(await rightsOf(stage.namespace, 'piefed')).toEqual(rights)
    expect(await rightsOf(stage.namespace, 'piefed-migrator-job')).toEqual([])
    for (const right of ['list pods', 'get pods/log', 'get jobs']) {
      const as = `--as=system:serviceaccount:${stage.namespace.name}:piefed`
      const elsewhere = await run('kubectl', ['auth', 'can-i', ...right.split(' '), as, '--namespace', 'kube-system'])
      expect(elsewhere.stdout).toBe('no\n')
    }
  })

  test('when the Job fails, waiting web and workers print its log; the old ones serve', async () => {
    const [pods, before] = [await ready(), await job()]
    const { reason, message } = await stage.release.roll(values('2-broken'))
    expect(reason, message).toBe('UpgradeFailed')
    const failed = await job()
    expect(failed.metadata.name).not.toBe(before.metadata.name)
    expect(message).toContain(`Job/${stage.namespace.name}/${failed.metadata.name} status: 'Failed'`)
    // Nothing is gained by trying a wrong migration again.
    expect(failed.status.failed).toBe(1)
    for (const component of ['web', 'worker'] as const)
      await until(`${component} shows the log of the Job`, async () => {
        const log = await logs(component, 'gate')
        return (
          log.includes('Running upgrade 0001 -> 0002') &&
          log.includes('psycopg2.errors.UndefinedTable') &&
          log.includes('exit code 24')
        )
      })
    expect(await ready()).toEqual(pods)
    await expectServedBy(stage.traffic, '1', pods)
    expect((await delivered('meanwhile')).delivered_by).toMatch(/^piefed-worker-/)
  })

  test('a Job that could not get its lock is tried again, and goes through', async () => {
    const holding = postgres.query('begin; lock table post in access share mode; select pg_sleep(100)').catch(() => {})
    const rolling = stage.release.roll(values('2'))
    await until(
      'one try was in vain',
      async () =>
        (await job()).status.failed === 1 &&
        (await logs('migrator', 'migrator')).includes('not now: canceling statement due to lock timeout'),
    )
    await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`)
    await holding
    const { reason, message } = await rolling
    expect(reason, message).toBe('UpgradeSucceeded')
    expect((await job()).status).toMatchObject({ failed: 1, succeeded: 1 })
    await expectServed('2')
    expect(await delivered('with a score')).toMatchObject({
      score: 0,
      delivered_by: expect.stringMatching(/^piefed-worker-/),
    })
    await expectNoFailure(stage.traffic)
  })
})
