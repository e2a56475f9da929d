import { expect } from 'vitest'
import { stringify } from 'yaml'
import { type Application, createApplication } from '../../support/argocd.ts'
import { until } from '../../support/command.ts'
import { createRepository } from '../../support/git-repository.ts'
import type { Closing } from '../../support/opening.ts'
import { openShop, type Shop, type Version, valuesOf } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

/** A shop that Argo CD is to sync from a git repository of the story's own, with a stream of requests to it. */
export type ArgocdShop = {
  readonly shop: Shop
  readonly traffic: Traffic
  readonly application: Application
  /** Commits the values of a version, with these of the migrator; returns the commit. */
  readonly release: (version: Version, migrations?: object) => Promise<string>
  /** Waits until a gate, whose log is read through Argo CD, has said this. */
  readonly gateSays: (text: string) => Promise<unknown>
}

/** Creates the Application of a file; its repository has the chart, and no commit yet. */
export async function openArgocdShop(closing: Closing, story: string, file: string): Promise<ArgocdShop> {
  const repository = await createRepository(['chart'])
  closing(repository.remove)
  const shop = await openShop(story)
  closing(shop.namespace.delete)
  const traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
  const application = await createApplication(file, shop.namespace, repository.url)
  closing(application.delete)
  const gate = ['--group', 'apps', '--kind', 'Deployment', '--name', 'shop-web', '--container', 'gate']
  return {
    shop,
    traffic,
    application,
    release: (version, migrations) =>
      repository.commit({ 'shop/values.yaml': stringify(valuesOf(version, migrations)) }),
    gateSays: (text) =>
      until(`the gate says: ${text}`, async () => (await application.cli('logs', ...gate)).output.includes(text)),
  }
}

/** The application becomes Synced and Healthy at a commit, and still is when everything is read and compared anew. */
export async function expectSettled(application: Application, commit: string): Promise<void> {
  await application.becomes('Synced Healthy', commit)
  expect(await application.compared()).toBe('Synced Healthy')
}
