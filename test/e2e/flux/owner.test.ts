import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Release } from '../../support/flux.ts'
import { releaseStatus } from '../../support/helm.ts'
import { expectRolledTo } from '../../support/served.ts'
import { type Shop, valuesOf } from '../../support/shop.ts'
import { type FluxShop, openFluxShop } from './flux-shop.ts'

/** A mode and the major version of Helm: each of both once, since neither changes what the other does. */
const pairs = [
  ['hook', 4],
  ['job', 3],
] as const

describe.each(pairs)('a release in mode %s of Helm %i becomes one of Flux, and Helm takes it back', (mode, major) => {
  let flux: FluxShop
  let shop: Shop
  let release: Release

  beforeAll(async () => {
    flux = await openFluxShop(`flux-owner-${mode}-${major}`, process.env[`LOTSE_HELM${major}`])
    ;({ shop, release } = flux)
  })
  afterAll(() => flux?.close())

  const flags = ['--values', 'test/e2e/modes/values.yaml', '--set', `migrations.mode=${mode}`, '--wait']

  test('Helm installs it', async () => {
    const { stdout } = await shop.helm(['version', '--template', '{{.Version}}'])
    expect(stdout).toMatch(new RegExp(`^v${major}\\.`))
    const { code, output } = await shop.roll('install', '1', ...flags)
    expect(code, output).toBe(0)
    await expectRolledTo('1', flux)
  })

  test('Flux takes over where Helm stopped', async () => {
    const { reason, message } = await release.roll(valuesOf('2', { mode }))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await shop.postgres.applied()).toHaveLength(3)
    await expectRolledTo('2', flux)
  })

  test('suspended and deleted, the HelmRelease leaves everything to Helm', async () => {
    const pods = await shop.ready()
    await release.suspend()
    await release.delete()
    expect(await releaseStatus(shop.helm, 'shop')).toBe('deployed')
    expect(await shop.ready()).toEqual(pods)
    const { code, output } = await shop.roll('upgrade', '3', ...flags, ...(major === 4 ? ['--force-conflicts'] : []))
    expect(code, output).toBe(0)
    expect(await shop.postgres.applied()).toHaveLength(4)
    await expectRolledTo('3', flux)
  })
})
