import { describe, expect, test } from 'vitest'
import { releaseStatus } from '../../support/helm.ts'
import { opening } from '../../support/opening.ts'
import { expectRolledTo } from '../../support/served.ts'
import { valuesOf } from '../../support/shop.ts'
import { openFluxShop } from './flux-shop.ts'

/** A mode and the major version of Helm: each of both once, since neither changes what the other does. */
const pairs = [
  ['hook', 4],
  ['job', 3],
] as const

describe.each(pairs)('a release in mode %s of Helm %i becomes one of Flux, and Helm takes it back', (mode, major) => {
  const flux = opening((closing) =>
    openFluxShop(closing, `flux-owner-${mode}-${major}`, process.env[`LOTSE_HELM${major}`]),
  )

  const flags = ['--values', 'test/e2e/modes/values.yaml', '--set', `migrations.mode=${mode}`, '--wait']

  test('Helm installs it', async () => {
    const { stdout } = await flux.shop.helm(['version', '--template', '{{.Version}}'])
    expect(stdout).toMatch(new RegExp(`^v${major}\\.`))
    const { code, output } = await flux.shop.roll('install', '1', ...flags)
    expect(code, output).toBe(0)
    await expectRolledTo('1', flux)
  })

  test('Flux takes over where Helm stopped', async () => {
    const { reason, message } = await flux.release.roll(valuesOf('2', { mode }))
    expect(reason, message).toBe('UpgradeSucceeded')
    expect(await flux.shop.postgres.applied()).toHaveLength(3)
    await expectRolledTo('2', flux)
  })

  test('suspended and deleted, the HelmRelease leaves everything to Helm', async () => {
    const pods = await flux.shop.ready()
    await flux.release.suspend()
    await flux.release.delete()
    expect(await releaseStatus(flux.shop.helm, 'shop')).toBe('deployed')
    expect(await flux.shop.ready()).toEqual(pods)
    const { code, output } = await flux.shop.roll(
      'upgrade',
      '3',
      ...flags,
      ...(major === 4 ? ['--force-conflicts'] : []),
    )
    expect(code, output).toBe(0)
    expect(await flux.shop.postgres.applied()).toHaveLength(4)
    await expectRolledTo('3', flux)
  })
})
