import { expect } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { type Helm, helmIn } from '../../support/helm.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'

/** A release whose first migration runs until it is told to go on, in a namespace of its own, not installed yet. */
export type Slow = {
  readonly namespace: Namespace
  readonly postgres: KubePostgres
  readonly helm: Helm
  readonly upgrade: (timeout: string, ...flags: string[]) => Promise<Result>
  /** Waits until the slow migration runs. */
  readonly running: () => Promise<boolean>
  /** Lets it end, whoever runs it now or later. */
  readonly goOn: () => Promise<unknown>
  /** Each migration is recorded once, the index is there and valid, and nobody holds the run lock. */
  readonly expectWhole: () => Promise<void>
}

export async function openSlow(): Promise<Slow> {
  const namespace = await createNamespace('overlap')
  const postgres = await startKubePostgres(namespace)
  const helm = helmIn(namespace)
  const upgrade = (timeout: string, ...flags: string[]) => {
    const chart = ['upgrade', '--install', 'slow', 'chart', '--values', 'test/e2e/overlap/values.yaml']
    return helm([...chart, '--timeout', timeout, ...flags])
  }
  const running = () =>
    until('the migration runs', async () => {
      const working = `select 1 from pg_stat_activity where state = 'active' and query like '%go_on%' and pid <> pg_backend_pid()`
      return (await postgres.query(working)).length > 0
    })
  // A forwarded port goes with the kubelet, and comes back a moment after it.
  const goOn = () => until('it is told to go on', () => postgres.query('create table if not exists go_on ()'))
  const expectWhole = async (): Promise<void> => {
    const history = await postgres.query('select name, state from lotse_history order by position')
    expect(history).toEqual(['001_slow', '002_index'].map((name) => ({ name, state: 'applied' })))
    expect(await postgres.query(`select indisvalid from pg_index where indexrelid = 'slow_id'::regclass`)).toEqual([
      { indisvalid: true },
    ])
    expect(await postgres.query(`select 1 from pg_locks where locktype = 'advisory'`)).toEqual([])
  }
  return { namespace, postgres, helm, upgrade, running, goOn, expectWhole }
}
