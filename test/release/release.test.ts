import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { must } from '../support/command.ts'
import { helmHome, helmIn } from '../support/helm.ts'
import { type Image, openImage } from '../support/image.ts'
import { startKubePostgres } from '../support/kube-postgres.ts'
import { createNamespace } from '../support/namespace.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { type Registry, startRegistry } from '../support/registry.ts'

const { version, homepage } = manifest
const given = (name: string): string => {
  const value = process.env[name]
  if (!value)
    throw new Error(`${name} is not set; run this by make release-dry-run, which makes what is installed here`)
  return value
}
const folder = given('LOTSE_RELEASE')
const archives = given('LOTSE_RELEASE_IMAGES').split(' ')
const migration = 'create table products (id bigint primary key, name text not null);\n'

/** A row of the table that the dry run prints at its end. */
const tell = (name: string, size: number, digest: string): void =>
  appendFileSync(given('LOTSE_RELEASE_TABLE'), `${name} ${size} ${digest}\n`)

const temporary = mkdtempSync(join(tmpdir(), 'lotse-release-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

describe('the image', () => {
  let images: Image[] = []
  beforeAll(async () => {
    images = await Promise.all(archives.map(openImage))
  })
  afterAll(() => {
    for (const each of images) each.close()
  })

  test('there is one for amd64 and one for arm64, each with a Node of its kind', async () => {
    expect(images.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64'])
    // e_machine of elf.h: the kind of processor that a program is for.
    const machines = images.map(async ({ head }) => (await head('usr/local/bin/node', 20)).readUInt16LE(18))
    expect(await Promise.all(machines)).toEqual([0x3e, 0xb7])
  })

  test('they carry the same files, apart from what each Node compiled for itself', () => {
    const [amd64 = [], arm64 = []] = images.map(({ files }) => files.filter((path) => path.startsWith('lotse/')))
    const compiled = (files: readonly string[]): string[] => files.filter((path) => path.endsWith('.cache'))
    for (const [files, machine] of [
      [amd64, 'x64'],
      [arm64, 'arm64'],
    ] as const)
      expect(compiled(files)).toEqual(
        ['hook', 'rare'].map((bundle) =>
          expect.stringMatching(new RegExp(`^lotse/${bundle}-v24\\.\\d+\\.\\d+-${machine}\\.cache$`)),
        ),
      )
    const others = (files: readonly string[]): string[] => files.filter((path) => !path.endsWith('.cache'))
    expect(others(amd64).length).toBeGreaterThan(10)
    expect(others(arm64)).toEqual(others(amd64))
  })

  test('they say which version of what they are, and keep nothing of the settings they were built with', async () => {
    const revision = (await must('git', ['rev-parse', 'HEAD'])).trim()
    for (const { config, contains } of images) {
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.revision': revision,
        'org.opencontainers.image.source': homepage,
      })
      expect(await contains('lotse-secret')).toBe(false)
    }
  })
})

describe('the chart, from a registry, with the image that the same registry has', () => {
  let registry: Registry
  const helm = helmHome(join(temporary, 'helm'))
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(() => registry?.stop())

  test('is installed on a Kubernetes, migrates a database, and lets the pods behind the gate start', async () => {
    const image = `${registry.address}/lotse`
    const digest = (await must('test/cluster/push.sh', [`${image}:${version}`, ...archives])).trim()
    await tellImages(registry, digest)

    const archive = join(folder, `lotse-${version}.tgz`)
    const environment = { env: { ...helm, PATH: `${join(given('LOTSE_HELM4'), '..')}:${process.env.PATH}` } }
    const push = [archive, `oci://${registry.address}/charts`, '--plain-http']
    const chartDigest = (await must('.github/release/push-chart.sh', push, environment)).trim()
    tell('chart-in-a-registry', readFileSync(archive).length, chartDigest)

    const namespace = await createNamespace('release')
    try {
      const postgres = await startKubePostgres(namespace)
      const server = `require('http').createServer((_, answer) => answer.end()).listen(8080)`
      const values = {
        image: { repository: image, digest },
        database: { existingSecret: { name: 'shop-database' } },
        migrations: { source: { files: { '001_products.sql': migration } } },
        workloads: {
          web: {
            image: { repository: image, digest },
            command: ['node', '-e', server],
            ports: { http: 8080 },
            probes: { readiness: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 } },
          },
        },
      }
      const file = join(temporary, 'values.json')
      writeFileSync(file, JSON.stringify(values))
      const chart = `oci://${registry.address}/charts/lotse`
      const flags = ['--version', version, '--plain-http', '--values', file, '--wait', '--timeout', '3m']
      const { code, output } = await helmIn(namespace, given('LOTSE_HELM4'), helm)(['install', 'shop', chart, ...flags])
      expect(code, output).toBe(0)
      expect(output).toContain(chartDigest)
      expect(await postgres.applied()).toEqual(['001_products'])
      const running = await namespace.kubectl('get', 'pods', '-l', 'app.kubernetes.io/component=web', '-o', 'json')
      const [pod] = JSON.parse(running).items
      expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, imageID: expect.stringContaining(digest) })
    } finally {
      await namespace.delete()
    }
  })
})

/** What the registry has under a digest: the list of architectures, and for each the layers that are pulled. */
async function tellImages(registry: Registry, digest: string): Promise<void> {
  type Blob = { digest: string; size: number; platform: { os: string; architecture: string } }
  type Manifest = { manifests: Blob[]; config: Blob; layers: Blob[] }
  const get = async (reference: string): Promise<Manifest> => {
    const answer = await fetch(`http://${registry.address}/v2/lotse/manifests/${reference}`, {
      headers: { Accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, */*' },
    })
    return (await answer.json()) as Manifest
  }
  const { manifests } = await get(digest)
  expect(manifests.map(({ platform }) => platform)).toMatchObject([
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ])
  let total = 0
  for (const { digest: one, platform } of manifests) {
    const { config, layers } = await get(one)
    const size = [config, ...layers].reduce((sum, each) => sum + each.size, 0)
    total += size
    tell(`image-${platform.os}/${platform.architecture}`, size, one)
  }
  tell('image-both', total, digest)
}

describe('the npm package', () => {
  test('migrates a PostgreSQL from a folder of its own, by npx', async () => {
    const place = join(temporary, 'laptop')
    mkdirSync(join(place, 'migrations'), { recursive: true })
    writeFileSync(join(place, 'migrations', '001_products.sql'), migration)
    const server = await startPostgres('18')
    try {
      const env = { DATABASE_URL: server.url, npm_config_cache: join(temporary, 'npm') }
      const lotse = (...args: string[]): Promise<string> => {
        const npx = ['npx', '--yes', '--package', join(folder, `lotse-npm-${version}.tgz`), '--', 'lotse', ...args]
        return must('bash', ['-c', 'cd "$1" && shift && exec "$@"', '-', place, ...npx], { env })
      }
      expect(await lotse('version')).toBe(`${version}\n`)
      expect(await lotse('up', '--migrations', 'migrations')).toContain('Applied 1 migration in')
      const client = new pg.Client(server.url)
      await client.connect()
      expect((await client.query('select name from lotse_history')).rows).toEqual([{ name: '001_products' }])
      await client.end()
    } finally {
      await server.stop()
    }
  })
})

test('the list of contents names what is in the bundle, with licences, and not what made it', () => {
  const sbom = JSON.parse(readFileSync(join(folder, `lotse-${version}.cdx.json`), 'utf8'))
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'lotse', version } } })
  type Component = { name: string; version: string; purl: string; licenses?: unknown[] }
  const components: Component[] = sbom.components
  const names = components.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['pg', 'pino', 'umzug', 'libpg-query', '@kubernetes/client-node']))
  expect(names.filter((name) => /esbuild|typescript|vitest|biome/.test(name))).toEqual([])
  expect(components.filter((each) => !each.version || !each.purl || !each.licenses)).toEqual([])
})
