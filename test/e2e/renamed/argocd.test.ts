import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createApplication } from '../../support/argocd.ts'
import { createRepository } from '../../support/git-repository.ts'
import { opening } from '../../support/opening.ts'
import { expectExpanded, expectRenamed, expectServed, openCustomers, type Release, valuesOf } from './customers.ts'
import { expectInOrder, type Watch } from './watch.ts'

describe('Argo CD rolls out the release that renames a column', () => {
  const argocd = opening(async (closing) => {
    const repository = await createRepository(['chart'])
    closing(repository.remove)
    const shop = await openCustomers(closing, 'renamed-argocd')
    const application = await createApplication('test/e2e/argocd/application.yaml', shop.namespace, repository.url)
    closing(application.delete)
    return { shop, application, repository }
  })
  let watch: Watch
  let letGo: () => Promise<void>

  /** Syncs to a release, which succeeds and leaves it Synced and Healthy. */
  const sync = async (release: Release): Promise<void> => {
    const values = valuesOf(release, { mode: 'hook' }, { schedule: '* * * * *' })
    const commit = await argocd.repository.commit({ 'shop/values.yaml': stringify(values) })
    const { phase, message } = await argocd.application.sync(commit)
    expect(phase, message).toBe('Succeeded')
    await argocd.application.becomes('Synced Healthy', commit)
  }

  test('it is Healthy when the new pods are, with nothing dropped', async () => {
    await sync('1')
    await argocd.shop.fill()
    await expectServed('1', argocd.shop)
    watch = argocd.shop.watch()
    ;[letGo] = await Promise.all([argocd.shop.holdMiddle(), sync('2')])
    await expectExpanded(argocd.shop)
  })

  test('it stays Healthy while the finisher works, and when it is through', async () => {
    await argocd.shop.halfDone()
    expect(await argocd.shop.finisher.running()).toHaveLength(1)
    expect(await argocd.application.compared()).toBe('Synced Healthy')
    await expectExpanded(argocd.shop)
    await letGo()
    await argocd.shop.contracted()
    await expectRenamed(argocd.shop)
    expectInOrder(await watch.end())
    expect(await argocd.application.compared()).toBe('Synced Healthy')
    await expectServed('2', argocd.shop)
  })
})
