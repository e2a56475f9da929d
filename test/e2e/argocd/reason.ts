import { expect } from 'vitest'
import { until } from '../../support/command.ts'
import { jobOf, jobsIn } from '../../support/jobs.ts'
import type { ArgocdShop } from './argocd-shop.ts'

const sqlError = 'MigrationFailed: 004_discount.sql, line 5, column 19: column "prize" does not exist (SQLSTATE 42703)'

/** Why the migrator of version 3-broken failed can be read in all the ways that the recipe names. */
export async function expectReason({ shop, application }: ArgocdShop, mode: 'hook' | 'job'): Promise<void> {
  const job = await jobOf(shop.namespace, '3-broken')
  const shown = await application.cli('get')
  expect(shown.output).toMatch(mode === 'hook' ? /PreSync .* failed with exit code 24 / : /Job .* Degraded /)
  // The tree comes from the controller's cache, which may hear of the pod a moment later than of its Job.
  await until('the tree has the reason', async () => {
    const { output } = await application.cli('get', '--output', 'tree=detailed')
    return output.split('\n').find((line) => line.includes(`Pod/${job}-`) && line.includes(sqlError))
  })
  const log = await application.cli('logs', '--group', 'batch', '--kind', 'Job', '--name', job)
  expect(log.output).toContain(sqlError)
  const pod = await application.cli('get-resource', '--kind', 'Pod', '--output', 'yaml')
  expect(pod.output.replaceAll(/\s+/g, ' ')).toContain(sqlError)
  // What the tab EVENTS of the Job shows in the user interface.
  const query = new URLSearchParams({ resourceNamespace: shop.namespace.name, resourceName: job })
  query.set('resourceUID', (await jobsIn(shop.namespace)).find(({ name }) => name === job)?.uid ?? '')
  const url = `http://${process.env.ARGOCD_SERVER}/api/v1/applications/${application.name}/events?${query}`
  const { items } = (await (await fetch(url)).json()) as { items: { reason: string; message: string }[] }
  expect(items.find(({ reason }) => reason === 'MigrationFailed')?.message).toContain('004_discount.sql, line 5')
}
