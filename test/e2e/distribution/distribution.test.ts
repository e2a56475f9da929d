import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helmHome } from '../../support/helm.ts'
import { chartVersion, type Registry, startRegistry } from '../../support/registry.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { serveFolder, type WebServer } from '../../support/web-server.ts'

const version = chartVersion()

describe('the chart is packaged, published and installed from where users get it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-distribution-'))
  const [archives, env] = [join(folder, 'archives'), helmHome(join(folder, 'helm'))]
  let registry: Registry
  let web: WebServer
  let fromRegistry: Shop
  let fromRepository: Shop
  beforeAll(async () => {
    registry = await startRegistry()
    const chart = `oci://${registry.address}/charts/lotse`
    ;[fromRegistry, fromRepository] = await Promise.all([
      openShop('registry', { chart, env }),
      openShop('repository', { chart: 'harbour/lotse', env }),
    ])
  })
  afterAll(async () => {
    await Promise.all([fromRegistry?.namespace.delete(), fromRepository?.namespace.delete()])
    web?.stop()
    registry?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The release is this version of the chart, it is deployed, and its migration is applied. */
  const expectInstalled = async ({ helm, postgres }: Shop): Promise<void> => {
    const { stdout } = await helm(['get', 'metadata', 'shop', '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ chart: 'lotse', version, status: 'deployed' })
    expect(await postgres.query('select name from lotse_history')).toEqual([{ name: '001_products' }])
  }

  test('helm package makes one archive, named after chart and version', async () => {
    const { code, output } = await fromRegistry.helm(['package', 'chart', '--destination', archives])
    expect(code, output).toBe(0)
    expect(readdirSync(archives)).toEqual([`lotse-${version}.tgz`])
  })

  test('helm push to an OCI registry, then helm install from it', async () => {
    const archive = join(archives, `lotse-${version}.tgz`)
    const pushed = await fromRegistry.helm(['push', archive, `oci://${registry.address}/charts`, '--plain-http'])
    expect(pushed.code, pushed.output).toBe(0)
    expect(pushed.output).toContain(`Pushed: ${registry.address}/charts/lotse:${version}`)
    const [digest = 'no digest'] = /sha256:[0-9a-f]{64}/.exec(pushed.output) ?? []
    const { code, output } = await fromRegistry.roll('install', '1', '--version', version, '--plain-http', '--wait')
    expect(code, output).toBe(0)
    expect(output).toContain(digest)
    await expectInstalled(fromRegistry)
  })

  test('helm repo index on a plain web server, then helm repo add and helm install from it', async () => {
    const { helm } = fromRepository
    web = await serveFolder(archives)
    expect((await helm(['repo', 'index', archives, '--url', web.url])).output).toBe('')
    expect((await helm(['repo', 'add', 'harbour', web.url])).output).toContain('"harbour" has been added')
    const found = await helm(['search', 'repo', 'harbour/lotse', '--output', 'json'])
    expect(JSON.parse(found.stdout)).toMatchObject([{ name: 'harbour/lotse', version }])
    const { code, output } = await fromRepository.roll('install', '1', '--version', version, '--wait')
    expect(code, output).toBe(0)
    await expectInstalled(fromRepository)
  })
})
