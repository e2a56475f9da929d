import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { must, until } from '../../support/command.ts'
import { type Helm, helmIn, releaseStatus } from '../../support/helm.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'

describe('a migrator that is disturbed in the middle of a migration', () => {
  let namespace: Namespace
  let postgres: KubePostgres
  let helm: Helm
  beforeEach(async () => {
    namespace = await createNamespace('overlap')
    postgres = await startKubePostgres(namespace)
    helm = helmIn(namespace)
  })
  afterEach(() => namespace?.delete())

  const upgrade = (timeout: string) =>
    helm(['upgrade', '--install', 'slow', 'chart', '--values', 'test/e2e/overlap/values.yaml', '--timeout', timeout])
  const sleeping = () =>
    until('the migration runs', async () => {
      const running = `select 1 from pg_stat_activity where query like '%pg_sleep(12)%' and pid <> pg_backend_pid()`
      return (await postgres.query(running)).length > 0
    })
  /** Each migration is recorded once, the index is there and valid, and nobody holds the run lock. */
  const expectWhole = async (): Promise<void> => {
    const history = await postgres.query('select name, state from lotse_history order by position')
    expect(history).toEqual(['001_slow', '002_index'].map((name) => ({ name, state: 'applied' })))
    expect(await postgres.query(`select indisvalid from pg_index where indexrelid = 'slow_id'::regclass`)).toEqual([
      { indisvalid: true },
    ])
    expect(await postgres.query(`select 1 from pg_locks where locktype = 'advisory'`)).toEqual([])
  }
  const migrator = (): Promise<string[]> => namespace.pods('batch.kubernetes.io/job-name=slow-migrator')

  test('Helm gives up while it runs, and the upgrade is started again', async () => {
    const first = await upgrade('5s')
    expect(first.code).not.toBe(0)
    await sleeping()
    const again = await upgrade('2m')
    expect(again.code, again.output).toBe(0)
    await expectWhole()
    expect(await releaseStatus(helm, 'slow')).toBe('deployed')
  })

  test('a Job on demand runs, and the upgrade that comes meanwhile waits for it', async () => {
    const set = ['--set', 'migrations.enabled=false']
    const manual = await helm(['install', 'slow', 'chart', '--values', 'test/e2e/overlap/values.yaml', ...set])
    expect(manual.code, manual.output).toBe(0)
    await namespace.kubectl('create', 'job', 'by-hand', '--from=cronjob/slow-migrator')
    await sleeping()
    const second = await upgrade('2m')
    expect(second.code, second.output).toBe(0)
    expect(await namespace.kubectl('logs', 'job/slow-migrator')).toContain('Waiting for another migrator')
    expect(await namespace.kubectl('logs', 'job/slow-migrator')).toContain('the schema is what this version needs')
    expect(await namespace.kubectl('logs', 'job/by-hand')).toContain('Applied 2 migrations in')
    await expectWhole()
  })

  test("the migrator's pod is deleted", async () => {
    const running = upgrade('3m')
    await sleeping()
    const [pod = ''] = await migrator()
    await namespace.kubectl('delete', 'pod', pod, '--wait=false')
    const { code, output } = await running
    expect(code, output).toBe(0)
    expect((await migrator()).filter((name) => name !== pod)).toHaveLength(1)
    await expectWhole()
  })

  test("the node's kubelet goes away and comes back", async () => {
    const running = upgrade('3m')
    await sleeping()
    await must('test/cluster/restart.sh', ['kubelet', '8'])
    const { code, output } = await running
    expect(code, output).toBe(0)
    await expectWhole()
  })
})
