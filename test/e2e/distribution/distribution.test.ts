import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { helmHome } from '../../support/helm.ts'
import { opening } from '../../support/opening.ts'
import { chartVersion, startRegistry } from '../../support/registry.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { serveFolder } from '../../support/web-server.ts'

const version = chartVersion()

describe('the chart is packaged, published and installed from where users get it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-distribution-'))
  const [archives, env] = [join(folder, 'archives'), helmHome(join(folder, 'helm'))]
  const shops = opening(async (closing) => {
    closing(() => rmSync(folder, { recursive: true, force: true }))
    const registry = await startRegistry()
    closing(registry.stop)
    const web = await serveFolder(archives)
    closing(web.stop)
    const open = async (story: string, chart: string): Promise<Shop> => {
      const shop = await openShop(story, { chart, env })
      closing(shop.namespace.delete)
      return shop
    }
    const [fromRegistry, fromRepository] = await Promise.all([
      open('registry', `oci://${registry.address}/charts/lotse`),
      open('repository', 'harbour/lotse'),
    ])
    return { registry, web, fromRegistry, fromRepository }
  })

  /** The release is this version of the chart, it is deployed, and its migration is applied. */
  const expectInstalled = async ({ helm, postgres }: Shop): Promise<void> => {
    const { stdout } = await helm(['get', 'metadata', 'shop', '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ chart: 'lotse', version, status: 'deployed' })
    expect(await postgres.query('select name from lotse_history')).toEqual([{ name: '001_products' }])
  }

  test('helm package makes one archive, named after chart and version', async () => {
    const { code, output } = await shops.fromRegistry.helm(['package', 'chart', '--destination', archives])
    expect(code, output).toBe(0)
    expect(readdirSync(archives)).toEqual([`lotse-${version}.tgz`])
  })

  test('helm push to an OCI registry, then helm install from it', async () => {
    const archive = join(archives, `lotse-${version}.tgz`)
    const pushed = await shops.fromRegistry.helm([
      'push',
      archive,
      `oci://${shops.registry.address}/charts`,
      '--plain-http',
    ])
    expect(pushed.code, pushed.output).toBe(0)
    expect(pushed.output).toContain(`Pushed: ${shops.registry.address}/charts/lotse:${version}`)
    const [digest = 'no digest'] = /sha256:[0-9a-f]{64}/.exec(pushed.output) ?? []
    const { code, output } = await shops.fromRegistry.roll(
      'install',
      '1',
      '--version',
      version,
      '--plain-http',
      '--wait',
    )
    expect(code, output).toBe(0)
    expect(output).toContain(digest)
    await expectInstalled(shops.fromRegistry)
  })

  test('helm repo index on a plain web server, then helm repo add and helm install from it', async () => {
    const { helm } = shops.fromRepository
    expect((await helm(['repo', 'index', archives, '--url', shops.web.url])).output).toBe('')
    expect((await helm(['repo', 'add', 'harbour', shops.web.url])).output).toContain('"harbour" has been added')
    const found = await helm(['search', 'repo', 'harbour/lotse', '--output', 'json'])
    expect(JSON.parse(found.stdout)).toMatchObject([{ name: 'harbour/lotse', version }])
    const { code, output } = await shops.fromRepository.roll('install', '1', '--version', version, '--wait')
    expect(code, output).toBe(0)
    await expectInstalled(shops.fromRepository)
  })
})
