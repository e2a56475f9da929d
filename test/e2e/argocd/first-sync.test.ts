import { describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { expectRolledTo } from '../../support/served.ts'
import { expectSettled, openArgocdShop } from './argocd-shop.ts'

describe.each(['hook', 'job'] as const)('Argo CD installs a shop in mode %s, and the first migration fails', (mode) => {
  const argocd = opening((closing) => openArgocdShop(closing, `argocd-first-${mode}`, 'test/e2e/argocd/automated.yaml'))

  const deployment = (): Promise<string> =>
    argocd.shop.namespace.kubectl('get', 'deployments', '--output', 'jsonpath={.items[*].metadata.uid}')
  const log = async (): Promise<string> => {
    const [job] = await jobsIn(argocd.shop.namespace)
    const about = ['--group', 'batch', '--kind', 'Job', '--name', job?.name ?? '']
    return (await argocd.application.cli('logs', ...about)).output
  }

  test('the migrator and its log stay, and no pod serves', async () => {
    const files = { '001_products.sql': 'create table products (id integr)' }
    await argocd.release('1', { mode, source: { files } })
    await argocd.application.compared()
    await until('it has failed', async () => {
      const { operationState, health } = await argocd.application.status()
      return mode === 'hook' ? (operationState?.retryCount ?? 0) > 0 : health?.status === 'Degraded'
    })
    expect(await log()).toContain('001_products.sql, line 1, column 27: type "integr"')
    expect((await deployment()) === '').toBe(mode === 'hook')
    expect(await argocd.shop.ready()).toEqual([])
  })

  test('the corrected commit is taken by the next try of the hook, and by a sync of its own in mode job', async () => {
    const before = await deployment()
    await expectSettled(argocd.application, await argocd.release('1', { mode }))
    const { retryCount } = await argocd.application.operation('the end', ({ phase }) => phase === 'Succeeded')
    expect((retryCount ?? 0) > 0).toBe(mode === 'hook')
    if (before) expect(await deployment()).toBe(before)
    expect(await jobsIn(argocd.shop.namespace)).toHaveLength(1)
    expect(await argocd.shop.postgres.applied()).toEqual(['001_products'])
    await expectRolledTo('1', argocd)
  })
})
