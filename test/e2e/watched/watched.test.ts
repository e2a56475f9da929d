import { describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { jobOf } from '../../support/jobs.ts'
import { shopOf } from '../../support/opening.ts'
import { endsOfGates, podsIn } from '../../support/pods.ts'

describe('with events and a gate that watches the Job, in mode job', () => {
  const shop = shopOf('watched')

  const watched = ['--set', 'migrations.mode=job,migrations.events=true,gate.check=job']
  const describeJobs = () => shop.namespace.kubectl('describe', 'jobs')

  test('an install tells by Events on the Job what was applied', async () => {
    const { code, output } = await shop.roll('install', '1', '--wait', ...watched)
    expect(code, output).toBe(0)
    expect(await describeJobs()).toMatch(/Normal\s+Applied\s.*Applied 1 migration in /)
  })

  test('a failing migrator ends the gate at once, with the log of the Job', async () => {
    const pods = await shop.ready()
    const { code, output } = await shop.roll('upgrade', '3-broken', ...watched)
    expect(code, output).toBe(0)
    const error = 'MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist (SQLSTATE 42703)'
    const ended = await until('the gate has ended', async () => {
      return endsOfGates(await podsIn(shop.namespace, 'app.kubernetes.io/component=web'))[0]
    })
    expect(ended.exitCode).toBe(24)
    expect(ended.message).toContain(error)
    const log = await until('the gate shows the log of the Job', async () => {
      const gates = ['-l', 'app.kubernetes.io/component=web', '-c', 'gate', '--tail=-1']
      const text = await shop.namespace.kubectl('logs', ...gates)
      return text.includes('Took the run lock') && text
    })
    expect(log).toContain(error)
    expect(log).toContain('5 |    set discount = prize * 0.1')
    expect(await describeJobs()).toMatch(/Warning\s+MigrationFailed\s.*004_discount\.sql, line 5, column 19/)
    expect(await shop.ready()).toEqual(pods)
  })

  test('the same helm command again, after its Job was deleted, runs it again; corrected it rolls out', async () => {
    const failed = await jobOf(shop.namespace, '3-broken')
    await shop.namespace.kubectl('delete', 'job', failed)
    expect((await shop.roll('upgrade', '3-broken', ...watched)).code).toBe(0)
    await shop.namespace.kubectl('wait', '--for=condition=Failed', `job/${failed}`, '--timeout=60s')
    const { code, output } = await shop.roll('upgrade', '3', '--wait', ...watched)
    expect(code, output).toBe(0)
  })

  test('a pod that is scheduled anew after the Job was cleaned up starts', async () => {
    await shop.namespace.kubectl('delete', 'jobs', '--all')
    await shop.namespace.kubectl('delete', 'pods', '-l', 'app.kubernetes.io/component=web')
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=60s')
  })
})
