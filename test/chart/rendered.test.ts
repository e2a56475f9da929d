import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { below, type Fields, type Manifest, render } from './render.ts'

const folder = new URL('values/', import.meta.url)
const stories = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const weight = (manifest: Manifest): number => Number(manifest.metadata.annotations?.['helm.sh/hook-weight'])
const isHook = (manifest: Manifest): boolean => manifest.metadata.annotations?.['helm.sh/hook'] !== undefined
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const fields = (value: unknown): Fields => value as Fields

/** What an object refers to by name, as "Kind name". */
function references(manifest: Manifest): readonly string[] {
  return below(manifest.spec).flatMap((node) => {
    const named = (kind: string, value: unknown) => (text(value) === undefined ? [] : [`${kind} ${text(value)}`])
    const reference = (kind: string, key: string) => named(kind, fields(node[key] ?? {}).name)
    return [
      ...named('ServiceAccount', node.serviceAccountName),
      ...named('Secret', node.secretName),
      ...reference('ConfigMap', 'configMap'),
      ...['configMapRef', 'configMapKeyRef'].flatMap((key) => reference('ConfigMap', key)),
      ...['secretRef', 'secretKeyRef'].flatMap((key) => reference('Secret', key)),
    ]
  })
}

const matches = (selector: Fields, labels: Fields): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

const podOf = (manifest: Manifest) => fields(manifest.spec?.template)

beforeAll(() => {
  render('chart', 'shop', '--values', 'test/chart/values/smallest.yaml') // builds Helm if it must
}, 600_000)

describe.each(stories)('%s', (story) => {
  let all: readonly Manifest[] = []
  let hooks: readonly Manifest[] = []
  let job: Manifest
  beforeAll(() => {
    all = render('chart', 'shop', '--values', `test/chart/values/${story}`)
    hooks = all.filter(isHook)
    job = all.find(({ kind }) => kind === 'Job') as Manifest
  })

  it('creates the hooks in the order of strictly growing weights, the Job last', () => {
    const weights = hooks.map(weight)
    expect(new Set(weights).size).toBe(weights.length)
    expect(Math.max(...weights)).toBe(weight(job))
    expect(weights).not.toContain(Number.NaN)
  })

  it('lets the migrator refer to nothing but earlier hooks and objects that exist already', () => {
    const released = all.filter((each) => !isHook(each)).map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const later = hooks
      .filter((each) => weight(each) >= weight(job))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const referred = references(job)
    expect(referred).toContain('ServiceAccount shop-migrator')
    expect(referred.filter((name) => released.includes(name) || later.includes(name))).toEqual([])
    const made = hooks.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(referred.filter((name) => name.includes('shop-migrator') && !made.includes(name))).toEqual([])
  })

  it('lets no release object refer to a hook', () => {
    const made = hooks.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(
      all
        .filter((each) => !isHook(each))
        .flatMap(references)
        .filter((name) => made.includes(name)),
    ).toEqual([])
  })

  it('puts the migrator behind no selector, not even one of name and instance only', () => {
    const labels = fields(fields(podOf(job).metadata).labels)
    const selectors = all
      .filter((each) => each !== job)
      .flatMap((each) => [each.spec?.selector, each.spec?.podSelector])
      .filter((selector) => selector !== undefined)
      .map((selector) => fields(fields(selector).matchLabels ?? selector))
    for (const selector of selectors) {
      expect(matches(selector, labels)).toBe(false)
      const { 'app.kubernetes.io/component': _, ...short } = selector
      expect(matches(short, labels)).toBe(false)
    }
  })

  it('gives workloads and the migrator the same database and configuration, unless told otherwise', () => {
    if (['pooler.yaml', 'cloud-iam.yaml'].includes(story)) return
    const environment = (manifest: Manifest) => {
      const [container = {}] = fields(podOf(manifest).spec).containers as Fields[]
      const shared = (container.env as Fields[]).filter(({ name }) => !text(name)?.startsWith('LOTSE_'))
      return JSON.stringify([shared, container.envFrom, container.volumeMounts]).replaceAll('shop-migrator-', 'shop-')
    }
    for (const each of all.filter(({ kind }) => kind === 'Deployment')) expect(environment(each)).toBe(environment(job))
  })

  it('passes Pod Security restricted with every container, and mounts no token', () => {
    for (const each of all.filter(({ kind }) => kind === 'Job' || kind === 'Deployment')) {
      const spec = fields(podOf(each).spec)
      expect(spec.automountServiceAccountToken).toBe(false)
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const container of [...((spec.initContainers ?? []) as Fields[]), ...(spec.containers as Fields[])]) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })

  it('names each variable of a container once', () => {
    for (const container of below(all.map(({ spec }) => spec)).filter((node) => Array.isArray(node.env))) {
      const names = (container.env as Fields[]).map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('shows no password outside a Secret', () => {
    const shown = JSON.stringify(all.filter(({ kind }) => kind !== 'Secret'))
    expect(shown).not.toContain('s3cret')
    expect(shown).not.toContain('$(PGPASSWORD)')
  })
})

describe('in a parent chart', () => {
  it('names the objects of two aliases apart, selects apart, and leaves out the one that a condition switches off', () => {
    const all = render('test/chart/parent', 'shop')
    const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(names.toSorted()).toEqual([
      'CronJob shop-billing-migrator',
      'CronJob shop-orders-migrator',
      'Deployment shop-billing-web',
      'Deployment shop-orders-web',
      'Job shop-billing-migrator',
      'Job shop-orders-migrator',
      'ServiceAccount shop-billing',
      'ServiceAccount shop-billing-migrator',
      'ServiceAccount shop-billing-migrator-job',
      'ServiceAccount shop-orders',
      'ServiceAccount shop-orders-migrator',
      'ServiceAccount shop-orders-migrator-job',
    ])
    const name = (manifest: Manifest) => manifest.metadata.labels?.['app.kubernetes.io/name']
    expect(new Set(all.map(name))).toEqual(new Set(['orders', 'orders-migrator', 'billing', 'billing-migrator']))
  })

  it('names the condition that is missing when `enabled: false` is not obeyed', () => {
    expect(() => render('test/chart/parent', 'shop', '--set', 'orders.enabled=false')).toThrow(
      'Add "condition: orders.enabled" to the dependency in its Chart.yaml.',
    )
  })
})

describe('a refusal', () => {
  const refusal = (...sets: readonly string[]): string => {
    try {
      render('chart', 'shop', '--values', 'test/chart/values/shop.yaml', ...sets.flatMap((set) => ['--set', set]))
    } catch (error) {
      return String((error as { readonly stderr: unknown }).stderr)
    }
    throw new Error('was rendered')
  }

  it('names all problems at once, a line each', () => {
    expect(
      refusal('image.repository=', 'database.name=', 'migrations.budgets.run=soon', 'config.env.LOTSE_X=y'),
    ).toContain(
      [
        "lotse: image.repository is empty. Set it to the migrator's image: Lotse with your migrations in it.",
        'lotse: migrations.budgets.run is "soon", which is not a duration. Write it like 90s, 5m or 1h30m.',
        'lotse: database.host is set, but database.name is empty. Set it too.',
        'lotse: config.env.LOTSE_X begins with LOTSE_, which is kept for the migrator. Remove it; the migrator is configured under `migrations`.',
      ].join('\n'),
    )
  })

  it('names the key that nobody knows', () => {
    expect(refusal('imgae.tag=x')).toContain("at '': additional properties 'imgae' not allowed")
  })
})

it("renders the README's values", () => {
  const [, values = ''] = /^```yaml\n([\s\S]+?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'lotse-readme-'))
  try {
    writeFileSync(join(folder, 'values.yaml'), values)
    const all = render('chart', 'shop', '--values', join(folder, 'values.yaml'))
    expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      'CronJob shop-migrator',
      'Deployment shop-web',
      'Job shop-migrator',
      'Service shop-web',
      'ServiceAccount shop',
      'ServiceAccount shop-migrator',
      'ServiceAccount shop-migrator-job',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('prints Kubernetes 1.28 the version it needs', () => {
  expect(() =>
    render('chart', 'shop', '--kube-version', '1.28.0', '--values', 'test/chart/values/smallest.yaml'),
  ).toThrow('chart requires kubeVersion: >=1.29.0-0')
})
