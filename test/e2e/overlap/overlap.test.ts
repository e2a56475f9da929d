import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { openSlow, type Slow } from './slow.ts'

describe('a migrator that is disturbed in the middle of a migration', () => {
  let slow: Slow
  beforeEach(async () => {
    slow = await openSlow()
  })
  afterEach(() => slow?.namespace.delete())

  const migrator = (): Promise<string[]> => slow.namespace.pods('batch.kubernetes.io/job-name=slow-migrator')

  test('Helm gives up while it runs, and the upgrade is started again', async () => {
    const first = await slow.upgrade('5s')
    expect(first.code).not.toBe(0)
    await slow.sleeping()
    const again = await slow.upgrade('2m')
    expect(again.code, again.output).toBe(0)
    await slow.expectWhole()
    expect(await releaseStatus(slow.helm, 'slow')).toBe('deployed')
  })

  test('a Job on demand runs, and the upgrade that comes meanwhile waits for it', async () => {
    const set = ['--set', 'migrations.enabled=false']
    const manual = await slow.helm(['install', 'slow', 'chart', '--values', 'test/e2e/overlap/values.yaml', ...set])
    expect(manual.code, manual.output).toBe(0)
    await slow.namespace.kubectl('create', 'job', 'by-hand', '--from=cronjob/slow-migrator')
    await slow.sleeping()
    const second = await slow.upgrade('2m')
    expect(second.code, second.output).toBe(0)
    expect(await slow.namespace.kubectl('logs', 'job/slow-migrator')).toContain('Waiting for another migrator')
    expect(await slow.namespace.kubectl('logs', 'job/slow-migrator')).toContain('the schema is what this version needs')
    expect(await slow.namespace.kubectl('logs', 'job/by-hand')).toContain('Applied 2 migrations in')
    await slow.expectWhole()
  })

  test("the migrator's pod is deleted", async () => {
    const running = slow.upgrade('3m')
    await slow.sleeping()
    const [pod = ''] = await migrator()
    await slow.namespace.kubectl('delete', 'pod', pod, '--wait=false')
    const { code, output } = await running
    expect(code, output).toBe(0)
    expect((await migrator()).filter((name) => name !== pod)).toHaveLength(1)
    await slow.expectWhole()
  })
})
