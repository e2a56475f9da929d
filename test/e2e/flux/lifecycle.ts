import { expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { controllerStart } from '../../support/flux.ts'
import { releaseStatus } from '../../support/helm.ts'
import { countRuns, jobOf, jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { podsIn } from '../../support/pods.ts'
import { expectRolledTo, expectServedBy } from '../../support/served.ts'
import { type Version, valuesOf } from '../../support/shop.ts'
import { saysOfWrongSource, wrongSource } from '../../support/wrong-source.ts'
import { openFluxShop } from './flux-shop.ts'

const newest = ['001_products', '002_price', '003_price_index', '004_discount', '005_rebate']

/** The life of a release that Flux installs from an OCI registry, in one mode, under a stream of requests. */
export function tellLife(mode: 'hook' | 'job'): void {
  const flux = opening(async (closing) => {
    const started = await controllerStart()
    return { ...(await openFluxShop(closing, `flux-${mode}`)), started }
  })

  const values = (version: Version): object => valuesOf(version, { mode })

  test('the first release applies the migrations before a pod serves', async () => {
    const { reason, message } = await flux.release.roll(values('1'))
    expect(reason, message).toBe('InstallSucceeded')
    expect(await releaseStatus(flux.shop.helm, 'shop')).toBe('deployed')
    expect(await flux.shop.postgres.applied()).toEqual(newest.slice(0, 1))
    await expectRolledTo('1', flux)
  })

  test('the chart leaves out what would crash the helm-controller', async () => {
    const { stdout } = await flux.shop.helm(['get', mode === 'hook' ? 'hooks' : 'manifest', 'shop'])
    expect(stdout).toMatch(/^kind: Job$/m)
    expect(stdout.includes('helm.sh/hook: pre-install,pre-upgrade')).toBe(mode === 'hook')
    expect(stdout).not.toContain('hook-output-log-policy')
  })

  test('a new version applies what is pending, then replaces the pods', async () => {
    const { reason, message } = await flux.release.roll(values('2'))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await flux.shop.postgres.applied()).toEqual(newest.slice(0, 3))
    await expectRolledTo('2', flux)
  })

  test('a failing migration with rollback as the remedy: one try, and the old pods serve', async () => {
    const [pods, schema, before] = [
      await flux.shop.ready(),
      await flux.shop.postgres.schema(),
      await countRuns(flux.shop.namespace),
    ]
    const file = 'test/e2e/flux/rollback.yaml'
    const { message } = await flux.release.roll(values('3-broken'), { file, reason: 'RollbackSucceeded' })
    expect(message).toContain('Helm rollback to previous release')
    expect(await releaseStatus(flux.shop.helm, 'shop')).toBe('deployed')
    // Rolling back runs no hook; an ordinary Job is among what it brings back, and finds nothing to do.
    expect(await countRuns(flux.shop.namespace)).toBe(before + (mode === 'hook' ? 1 : 2))
    expect(await flux.shop.ready()).toEqual(pods)
    expect(await flux.shop.postgres.schema()).toBe(schema)
    await expectServedBy(flux.traffic, '2', pods)
  })

  test(`a Secret ${mode === 'hook' ? 'of another name' : 'with another key'} is named where the recipe says, and the old pods serve`, async () => {
    const pods = await flux.shop.ready()
    const wrong = valuesOf('3', { mode, ...wrongSource[mode] })
    const { message } = await flux.release.roll(wrong, { reason: 'UpgradeFailed' })
    const job = await jobOf(flux.shop.namespace, '3')
    expect(message).toContain(`Job/${flux.shop.namespace.name}/${job} status: 'Failed'`)
    const reason = `ConfigInvalid: ${saysOfWrongSource(mode, flux.shop.namespace.name)}`
    expect(await flux.shop.namespace.kubectl('logs', `job/${job}`)).toContain(reason)
    const [pod] = await podsIn(flux.shop.namespace, `batch.kubernetes.io/job-name=${job}`)
    expect(pod?.status.containerStatuses?.[0]?.state?.terminated?.message).toContain(reason)
    await expectServedBy(flux.traffic, '2', pods)
  })

  test('a failing migration with RetryOnFailure: it says why, tries again, and the old pods serve', async () => {
    const [pods, schema, before] = [
      await flux.shop.ready(),
      await flux.shop.postgres.schema(),
      await countRuns(flux.shop.namespace),
    ]
    // The five minutes of the recipe are more than the story has; that they are obeyed shows first-release.test.ts.
    const strategy = { name: 'RetryOnFailure', retryInterval: '5s' }
    const { reason, message } = await flux.release.roll(values('3-broken'), {
      spec: { upgrade: { strategy } },
      reason: 'UpgradeFailed',
    })
    expect(reason, message).toBe('UpgradeFailed')
    const job = await jobOf(flux.shop.namespace, '3-broken')
    expect(message).toContain(`Job/${flux.shop.namespace.name}/${job} status: 'Failed'`)
    if (mode === 'hook') expect(message).toContain('pre-upgrade hooks failed')
    const log = await flux.shop.namespace.kubectl('logs', `job/${job}`)
    expect(log).toContain('MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist')
    const tries = async (): Promise<number> =>
      JSON.parse((await flux.shop.helm(['status', 'shop', '--output', 'json'])).stdout).version
    const tried = await tries()
    await until('it is tried again', async () => (await tries()) > tried)
    // A hook is run again; an ordinary Job that has not changed is left as it is.
    if (mode === 'hook')
      await until('the migrator runs again', async () => (await countRuns(flux.shop.namespace)) >= before + 2)
    else expect(await countRuns(flux.shop.namespace)).toBe(before + 1)
    expect(await flux.shop.postgres.schema()).toBe(schema)
    expect(await flux.shop.ready()).toEqual(pods)
    await expectServedBy(flux.traffic, '2', pods)
  })

  test('the corrected version continues where the failed one stopped', async () => {
    const { reason, message } = await flux.release.roll(values('3'), { reason: 'UpgradeSucceeded' })
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await flux.shop.postgres.applied()).toEqual(newest.slice(0, 4))
    await expectRolledTo('3', flux)
  })

  test('suspended it does nothing, resumed it rolls out what was asked for meanwhile', async () => {
    const [pods, before] = [await flux.shop.ready(), await countRuns(flux.shop.namespace)]
    await flux.release.suspend()
    await flux.shop.namespace.kubectl(
      'patch',
      'helmrelease/shop',
      '--type',
      'merge',
      '--patch',
      JSON.stringify({ spec: { values: values('4') } }),
    )
    await flux.shop.namespace.kubectl(
      'annotate',
      'helmrelease/shop',
      'reconcile.fluxcd.io/requestedAt=now',
      '--overwrite',
    )
    await expectServedBy(flux.traffic, '3', pods)
    expect(await countRuns(flux.shop.namespace)).toBe(before)
    const { reason, message } = await flux.release.resume()
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await flux.shop.postgres.applied()).toEqual(newest)
    await expectRolledTo('4', flux)
  })

  test('deleted, it leaves the database with its history, and what Helm leaves of the migrator', async () => {
    const failed = (await jobsIn(flux.shop.namespace)).filter((job) => job.failed > 0)
    await flux.release.delete()
    const selector = 'app.kubernetes.io/instance=shop'
    const kinds = 'all,configmaps,secrets,serviceaccounts,roles,rolebindings'
    const left = (): Promise<string> =>
      flux.shop.namespace.kubectl('get', kinds, '--selector', selector, '--output', 'name')
    const migrators = ['job.batch/shop-migrator', 'serviceaccount/shop-migrator']
    // Helm forgets the Jobs of mode job with the failed revisions that they came with.
    const wanted = mode === 'hook' ? migrators : failed.map(({ name }) => `job.batch/${name}`).sort()
    expect(failed).toHaveLength(mode === 'hook' ? 0 : 2)
    let names: string[] = []
    await until(
      () => `${wanted} is all that is left: ${names}`,
      async () => {
        names = (await left())
          .split('\n')
          .filter((name) => name && !name.startsWith('pod/'))
          .sort()
        return names.join() === wanted.join()
      },
    )
    expect(await flux.shop.postgres.applied()).toEqual(newest)
  })

  test('the helm-controller is still the process that it was', async () => {
    expect(await controllerStart()).toBe(flux.started)
  })
}
