import { expect } from 'vitest'
import { until } from '../../support/command.ts'
import { jobsIn } from '../../support/jobs.ts'
import type { ArgocdShop } from './argocd-shop.ts'

/** Why a migrator failed: the name and the exit code of the failure, and the sentence that follows the name. */
export type Reason = { readonly name: string; readonly exitCode: number; readonly sentence: string }

/** Why the migrator of a Job failed can be read in all the ways that the recipe names. */
export async function expectReason(
  { shop, application }: ArgocdShop,
  mode: 'hook' | 'job',
  job: string,
  { name, exitCode, sentence }: Reason,
): Promise<void> {
  const reason = `${name}: ${sentence}`
  // The tree comes from the controller's cache, which may hear of the pod a moment later than of its Job.
  await until('the tree has the reason', async () => {
    const { output } = await application.cli('get', '--output', 'tree=detailed')
    return output.split('\n').find((line) => line.includes(`Pod/${job}-`) && line.includes(reason))
  })
  const shown = await application.cli('get')
  expect(shown.output).toMatch(
    mode === 'hook' ? new RegExp(`PreSync .* failed with exit code ${exitCode} `) : /Job .* Degraded /,
  )
  const log = await application.cli('logs', '--group', 'batch', '--kind', 'Job', '--name', job)
  expect(log.output).toContain(reason)
  const pod = await application.cli('get-resource', '--kind', 'Pod', '--output', 'yaml')
  expect(pod.output.replaceAll(/\s+/g, ' ')).toContain(reason)
  // What the tab EVENTS of the Job shows in the user interface.
  const query = new URLSearchParams({ resourceNamespace: shop.namespace.name, resourceName: job })
  query.set('resourceUID', (await jobsIn(shop.namespace)).find((each) => each.name === job)?.uid ?? '')
  const url = `http://${process.env.ARGOCD_SERVER}/api/v1/applications/${application.name}/events?${query}`
  const { items } = (await (await fetch(url)).json()) as { items: { reason: string; message: string }[] }
  expect(items.find((each) => each.reason === name)?.message).toContain(sentence)
}
