import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { releaseStatus } from '../../support/helm.ts'
import { jobsIn } from '../../support/jobs.ts'
import { openSlow, type Slow } from './slow.ts'

describe('a migrator that is disturbed in the middle of a migration', () => {
  let slow: Slow
  beforeEach(async () => {
    slow = await openSlow()
  })
  afterEach(() => slow?.namespace.delete())

  const job = async (): Promise<string> => (await jobsIn(slow.namespace)).map(({ uid }) => uid).join()
  const migrator = (): Promise<string[]> => slow.namespace.pods('batch.kubernetes.io/job-name=slow-migrator')

  test('Helm gives up while it runs, and the upgrade is started again', async () => {
    const first = await slow.upgrade('5s')
    expect(first.code).not.toBe(0)
    await slow.running()
    const [before, upgrading] = [await job(), slow.upgrade('2m')]
    await until('the upgrade has a Job of its own', async () => (await job()) !== before)
    await slow.goOn()
    const again = await upgrading
    expect(again.code, again.output).toBe(0)
    await slow.expectWhole()
    expect(await releaseStatus(slow.helm, 'slow')).toBe('deployed')
  })

  test('a Job on demand runs, and the upgrade that comes meanwhile waits for it', async () => {
    const set = ['--set', 'migrations.enabled=false']
    const manual = await slow.helm(['install', 'slow', 'chart', '--values', 'test/e2e/overlap/values.yaml', ...set])
    expect(manual.code, manual.output).toBe(0)
    await slow.namespace.kubectl('create', 'job', 'by-hand', '--from=cronjob/slow-migrator')
    await slow.running()
    const upgrading = slow.upgrade('2m')
    await until('the upgrade waits for it', async () =>
      (await slow.namespace.kubectl('logs', 'job/slow-migrator')).includes('Waiting for another migrator'),
    )
    await slow.goOn()
    const second = await upgrading
    expect(second.code, second.output).toBe(0)
    expect(await slow.namespace.kubectl('logs', 'job/slow-migrator')).toContain('the schema is what this version needs')
    expect(await slow.namespace.kubectl('logs', 'job/by-hand')).toContain('Applied 2 migrations in')
    await slow.expectWhole()
  })

  test("the migrator's pod is deleted", async () => {
    const upgrading = slow.upgrade('3m')
    await slow.running()
    const [pod = ''] = await migrator()
    await slow.namespace.kubectl('delete', 'pod', pod, '--wait=false')
    await until('another one takes its place', async () => (await migrator()).some((name) => name !== pod))
    await slow.goOn()
    const { code, output } = await upgrading
    expect(code, output).toBe(0)
    expect((await migrator()).filter((name) => name !== pod)).toHaveLength(1)
    await slow.expectWhole()
  })

  test('its pod is lost late, twice: all attempts share the time of the Job, the last one ends in it, and its log stays', async () => {
    const budgets = 'migrations.budgets.helm=80s,migrations.budgets.job=65s,migrations.budgets.run=40s'
    const upgrading = slow.upgrade('80s', '--set', `${budgets},migrations.budgets.lockWait=35s`)
    const lost: string[] = []
    while (lost.length < 2) {
      const pod = await until('an attempt applies the migration', async () => {
        const [next] = (await migrator()).filter((name) => !lost.includes(name))
        return next && (await slow.namespace.log(next, 'migrator')).includes('Applying 001_slow') && next
      })
      await slow.namespace.kubectl('delete', 'pod', pod, '--force', '--grace-period=0')
      lost.push(pod)
    }
    const { code, output } = await upgrading
    expect(code, output).not.toBe(0)
    const job = JSON.parse(await slow.namespace.kubectl('get', 'job', 'slow-migrator', '-o', 'json'))
    expect(job.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Failed', status: 'True', reason: 'PodFailurePolicy' }),
    )
    expect(await slow.namespace.kubectl('logs', 'job/slow-migrator')).toMatch(
      /MigrationFailed: the run did not finish within its 40 s; the first attempt of this Job began \d+(\.\d)? s ago\n/,
    )
  })
})
