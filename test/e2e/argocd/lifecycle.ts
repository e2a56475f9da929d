import { expect, test } from 'vitest'
import type { Operation, SyncOptions } from '../../support/argocd.ts'
import { until } from '../../support/command.ts'
import { jobOf, jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { expectRolledTo, expectServedBy } from '../../support/served.ts'
import type { Version } from '../../support/shop.ts'
import { saysOfWrongSource, wrongSource } from '../../support/wrong-source.ts'
import { expectSettled, openArgocdShop } from './argocd-shop.ts'
import { expectReason } from './reason.ts'

const newest = ['001_products', '002_price', '003_price_index', '004_discount', '005_rebate']

/** The life of an application that a person syncs from a git repository, in one mode, under a stream of requests. */
export function tellLife(mode: 'hook' | 'job'): void {
  const argocd = opening((closing) => openArgocdShop(closing, `argocd-${mode}`, 'test/e2e/argocd/application.yaml'))
  const commits = new Map<Version, string>()

  const release = async (version: Version, migrations = {}): Promise<string> => {
    const commit = await argocd.release(version, { mode, events: true, ...migrations })
    commits.set(version, commit)
    return commit
  }
  const jobs = () => jobsIn(argocd.shop.namespace)
  /** Syncs everything to a commit, which succeeds and leaves nothing to do. */
  const expectSynced = async (commit: string, options?: SyncOptions): Promise<Operation> => {
    const operation = await argocd.application.sync(commit, options)
    expect(operation.phase, operation.message).toBe('Succeeded')
    await expectSettled(argocd.application, commit)
    return operation
  }

  test('the first sync applies the migrations before a pod serves', async () => {
    const { syncResult } = await expectSynced(await release('1'))
    const job = syncResult?.resources?.find(({ kind }) => kind === 'Job')
    expect(job).toMatchObject({
      name: await jobOf(argocd.shop.namespace, '1'),
      ...(mode === 'hook' && { hookPhase: 'Succeeded' }),
    })
    expect(await argocd.shop.postgres.applied()).toEqual(newest.slice(0, 1))
    await expectRolledTo('1', argocd)
  })

  test('a new version applies what is pending, then replaces the pods; the old Job is no difference', async () => {
    await expectSynced(await release('2'))
    expect(await argocd.shop.postgres.applied()).toEqual(newest.slice(0, 3))
    expect(await jobs()).toHaveLength(mode === 'hook' ? 1 : 2)
    await expectRolledTo('2', argocd)
  })

  test('a failing migration leaves the old pods to serve', async () => {
    const [pods, schema] = [await argocd.shop.ready(), await argocd.shop.postgres.schema()]
    const commit = await release('3-broken')
    const { phase, message, syncResult } = await argocd.application.sync(commit)
    if (mode === 'hook') {
      expect(phase).toBe('Failed')
      expect(message).toBe('one or more synchronization tasks completed unsuccessfully')
      const migrator = syncResult?.resources?.find(({ kind }) => kind === 'Job')
      expect(migrator).toMatchObject({ name: 'shop-migrator', hookPhase: 'Failed' })
      expect(migrator?.message).toMatch(/^Container migrator for pod \S+ failed with exit code 24 /)
    } else expect(phase, message).toBe('Succeeded')
    await argocd.application.becomes(mode === 'hook' ? 'OutOfSync Healthy' : 'Synced Degraded', commit)
    expect(await argocd.shop.ready()).toEqual(pods)
    expect(await argocd.shop.postgres.schema()).toBe(schema)
    await expectServedBy(argocd.traffic, '2', pods)
  })

  test('the failing line of SQL can be read through Argo CD', async () => {
    const job = await jobOf(argocd.shop.namespace, '3-broken')
    const sentence = '004_discount.sql, line 5, column 19: column "prize" does not exist (SQLSTATE 42703)'
    await expectReason(argocd, mode, job, { name: 'MigrationFailed', exitCode: 24, sentence })
  })

  test(`a Secret ${mode === 'hook' ? 'of another name' : 'with another key'} is named in the same places, and the old pods serve`, async () => {
    const pods = await argocd.shop.ready()
    const { phase, message } = await argocd.application.sync(await release('3', wrongSource[mode]))
    expect(phase, message).toBe(mode === 'hook' ? 'Failed' : 'Succeeded')
    const job = await jobOf(argocd.shop.namespace, '3')
    const sentence = saysOfWrongSource(mode, argocd.shop.namespace.name)
    await expectReason(argocd, mode, job, { name: 'ConfigInvalid', exitCode: 20, sentence })
    await expectServedBy(argocd.traffic, '2', pods)
  })

  test('the corrected version continues where the failed one stopped', async () => {
    await expectSynced(await release('3'), { prune: true })
    expect(await argocd.shop.postgres.applied()).toEqual(newest.slice(0, 4))
    expect(await jobs()).toHaveLength(1)
    await expectRolledTo('3', argocd)
  })

  test('a rollback brings the older version back onto the newer schema', async () => {
    const before = await jobs()
    const { history: syncs } = await argocd.application.status()
    const id = syncs?.findLast(({ revision }) => revision === commits.get('2'))?.id
    // The command may miss the end of what it has begun and wait on; what became of it is looked at below.
    await argocd.application.cli('rollback', String(id), '--timeout', '60')
    await argocd.application.becomes('OutOfSync Healthy', commits.get('3') ?? '')
    await expectRolledTo('2', argocd)
    expect(await argocd.shop.postgres.applied()).toEqual(newest.slice(0, 4))
    // Argo CD runs no hook then; an ordinary Job is among what it brings back, and finds nothing to do.
    if (mode === 'hook') expect(await jobs()).toEqual(before)
    else
      expect(await argocd.shop.namespace.kubectl('logs', `job/${await jobOf(argocd.shop.namespace, '2')}`)).toContain(
        'UpToDate',
      )
  })

  test('a selective sync runs no migrator, so the gate holds the new pods and the old ones serve', async () => {
    const [pods, before] = [await argocd.shop.ready(), await jobs()]
    const commit = await release('4')
    const one = ['--revision', commit, '--resource', 'apps:Deployment:shop-web']
    const { code, output } = await argocd.application.cli('sync', ...one, '--async')
    expect(code, output).toBe(0)
    await argocd.application.operation('the selective sync', ({ operation }) => !!operation.sync?.resources)
    await argocd.gateSays('1 migration not applied yet: 005_rebate')
    expect(await argocd.shop.ready()).toEqual(pods)
    expect(await argocd.shop.pods()).not.toEqual(pods)
    expect(await jobs()).toEqual(before)
    await expectServedBy(argocd.traffic, '2', pods)
  })

  test('a sync of everything migrates, and the gate opens', async () => {
    await expectSynced(commits.get('4') ?? '', { prune: true })
    expect(await argocd.shop.postgres.applied()).toEqual(newest)
    await expectRolledTo('4', argocd)
  })

  // That both modes are settled so from the first sync on is shown by the application that syncs itself.
  if (mode === 'job')
    test('applied by the server it is settled too, and its pods stay', async () => {
      const pods = await argocd.shop.ready()
      await expectSynced(commits.get('4') ?? '', { syncOptions: ['ServerSideApply=true'] })
      expect(await argocd.shop.ready()).toEqual(pods)
      await expectServedBy(argocd.traffic, '4', pods)
    })

  test('deleted, it leaves the database with its history and nothing else', async () => {
    await argocd.application.delete()
    const kinds = 'all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets'
    const left = (): Promise<string> =>
      argocd.shop.namespace.kubectl('get', kinds, '--selector', 'app.kubernetes.io/instance=shop', '--output', 'name')
    await until('everything is gone', async () => (await left()) === '')
    expect(await argocd.shop.postgres.applied()).toEqual(newest)
  })
}
