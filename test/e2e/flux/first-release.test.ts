import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { countRuns, jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { expectRolledTo } from '../../support/served.ts'
import { valuesOf } from '../../support/shop.ts'
import { openFluxShop } from './flux-shop.ts'

const [, minutes] =
  /^ {2}install:\n.+\n {6}name: RetryOnFailure\n {6}retryInterval: (\d+)m$/m.exec(
    readFileSync('test/e2e/flux/release.yaml', 'utf8'),
  ) ?? []

describe.each(['hook', 'job'] as const)('Flux installs a shop in mode %s, and the first migration fails', (mode) => {
  const flux = opening((closing) => openFluxShop(closing, `flux-first-${mode}`))

  const revisions = async (): Promise<string[]> => {
    const { stdout } = await flux.shop.helm(['history', 'shop', '--output', 'json'])
    return JSON.parse(stdout).map(({ revision, status }: Record<string, unknown>) => `${revision} ${status}`)
  }

  test('nothing is uninstalled, and the next try is as far away as the recipe says', async () => {
    const source = { files: { '001_products.sql': 'create table products (id integr)' } }
    const { reason, message } = await flux.release.roll(valuesOf('1', { mode, source }))
    expect(reason, message).toBe('InstallFailed')
    let told: string | undefined
    await until(
      () => `it waits for ${minutes} minutes; it says: ${told}`,
      async () => {
        told = (await flux.release.status()).conditions?.find(({ type }) => type === 'Reconciling')?.message
        return told === `retrying after ${minutes}m0s`
      },
    )
    expect(await revisions()).toEqual(['1 failed'])
    const [job] = await jobsIn(flux.shop.namespace)
    expect(await flux.shop.namespace.kubectl('logs', `job/${job?.name}`)).toContain('type "integr" does not exist')
    expect(await flux.shop.ready()).toEqual([])
  })

  test('the corrected version is an upgrade of it', async () => {
    const { reason, message } = await flux.release.roll(valuesOf('1', { mode }))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await revisions()).toEqual(['1 superseded', '2 deployed'])
    expect(await countRuns(flux.shop.namespace)).toBe(2)
    expect(await jobsIn(flux.shop.namespace)).toHaveLength(1)
    expect(await flux.shop.postgres.applied()).toEqual(['001_products'])
    await expectRolledTo('1', flux)
  })
})
