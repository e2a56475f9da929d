import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { must, until } from '../../support/command.ts'
import { helmIn } from '../../support/helm.ts'
import { openSlow, type Slow } from './slow.ts'

describe('Argo CD is interrupted in the middle of a slow migration', () => {
  let slow: Slow
  beforeEach(async () => {
    slow = await openSlow()
  })
  afterEach(() => slow?.close())

  const job = (): Promise<string> =>
    slow.namespace.kubectl(
      'get',
      'jobs',
      '--output',
      'jsonpath={.items[*].metadata.name} {.items[*].metadata.finalizers}',
    )
  const sync = async (): Promise<void> => {
    const { code, output } = await slow.application.cli('sync', '--async')
    expect(code, output).toBe(0)
    await slow.sleeping()
  }
  /** Nobody holds the run lock, what was open is rolled back, and what was applied before stays. */
  const expectRolledBack = async (): Promise<void> => {
    await until('nobody holds a lock', async () => {
      const held = `select 1 from pg_locks where locktype = 'advisory'`
      return (await slow.postgres.query(held)).length === 0
    })
    expect(await slow.postgres.applied()).toEqual(['001_pace'])
    expect(await slow.postgres.query(`select to_regclass('slow') as slow`)).toEqual([{ slow: null }])
  }

  /** Both migrations are recorded once, and what they made is there. */
  const expectWhole = async (): Promise<void> => {
    expect(await slow.postgres.applied()).toEqual(['001_pace', '002_slow'])
    expect(await slow.postgres.query('select * from slow')).toEqual([])
  }

  test('terminated, the migrator is gone and what it had open is rolled back; the next sync goes on', async () => {
    await sync()
    const { code, output } = await slow.application.cli('terminate-op')
    expect(code, output).toBe(0)
    const { phase, message } = await slow.application.operation('the end', () => true)
    expect({ phase, message }).toEqual({ phase: 'Failed', message: 'Operation terminated' })
    await until('the Job is gone', async () => (await job()).trim() === '')
    await expectRolledBack()
    await slow.takes(0)
    const next = await slow.application.sync(slow.commit)
    expect(next.phase, next.message).toBe('Succeeded')
    await expectWhole()
    expect(await job()).toBe('shop-migrator ')
  })

  test('deleted meanwhile, the application leaves a Job that stays until its finalizer is taken away; Helm goes on', async () => {
    await sync()
    await must('argocd', ['app', 'delete', slow.application.name, '--cascade=false', '--yes'])
    await slow.namespace.kubectl('delete', 'job/shop-migrator', '--wait=false')
    expect(await job()).toBe('shop-migrator ["argocd.argoproj.io/hook-finalizer"]')
    await slow.sleeping()
    await slow.unstick()
    await until('the Job is gone', async () => (await job()).trim() === '')
    await expectRolledBack()
    await slow.takes(0)
    const helm = helmIn(slow.namespace)
    const { code, output } = await helm(['install', 'shop', 'chart', '--values', '-'], { input: slow.values })
    expect(code, output).toBe(0)
    await expectWhole()
  })
})
