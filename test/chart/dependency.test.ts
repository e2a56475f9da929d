// Lotse as a dependency: under its own name, under aliases, switched off, and called by Deployments of the parent chart.
import { beforeAll, describe, expect, it } from 'vitest'
import { containers, fields, initContainers, list, named, podOf, podSpec, references } from './objects.ts'
import { type Fields, type Helm, type Manifest, renderWith } from './render.ts'

const ownSource = { configMapRef: { name: 'own' } }
const parent = 'test/chart/parent'
const umbrella = 'test/chart/umbrella'
const set = (...sets: readonly string[]) => sets.flatMap((each) => ['--set', each])
const variables = (container: Fields | undefined) => list(container?.env).map(({ name }) => name)

describe.each(['helm3', 'helm4'] as const satisfies Helm[])('in a parent chart, by %s', (helm) => {
  let all: readonly Manifest[] = []
  const pod = (name: string, from: readonly Manifest[] = all): Manifest =>
    from.find((each) => named(each) === `Deployment ${name}`) as Manifest
  const container = (name: string, deployment: string, from?: readonly Manifest[]) =>
    containers(pod(deployment, from)).find((each) => each.name === name)
  beforeAll(() => {
    all = renderWith(helm, parent, 'shop')
  })

  it('names the objects of each dependency apart, and leaves out the one that a condition switches off', () => {
    const made = all.filter(({ metadata }) => metadata.name.startsWith('shop-')).map(named)
    const each = (name: string) => [
      `CronJob shop-${name}-migrator`,
      `Job shop-${name}-migrator`,
      `ServiceAccount shop-${name}-migrator`,
      `ServiceAccount shop-${name}-migrator-job`,
    ]
    const workload = (name: string) => [...each(name), `Deployment shop-${name}-web`, `ServiceAccount shop-${name}`]
    const own = ['shop-lotse-files', 'shop-lotse-migrator-files', 'shop-lotse-migrator-job-files']
    expect(made.toSorted()).toEqual(
      [
        ...workload('orders'),
        ...workload('billing'),
        ...each('lotse'),
        ...own.map((name) => `ConfigMap ${name}`),
        // Its migrations are copied out of the application's image.
        'Job shop-lotse-migrator-ready',
        'Role shop-lotse-gate',
        'RoleBinding shop-lotse-gate',
      ].toSorted(),
    )
  })

  it('selects the pods of each apart', () => {
    const label = ({ metadata }: Manifest) => metadata.labels?.['app.kubernetes.io/name']
    const names = ['lotse', 'orders', 'billing'].flatMap((name) => [name, `${name}-migrator`])
    expect(new Set(all.map(label).filter((name) => name !== undefined))).toEqual(new Set(names))
  })

  it('takes the dot for a dependency called lotse', () => {
    expect(initContainers(pod('market')).map(({ name }) => name)).toEqual(['migrations', 'gate', 'own'])
    expect(container('gate', 'market')?.image).toBe('registry.example.com/market/migrator:1.0.0')
    expect(container('migrations', 'market')?.image).toBe('registry.example.com/market/app:1.0.0')
    expect(variables(container('app', 'market'))).toEqual([
      'DATABASE_URL',
      'PGHOST',
      'PGPORT',
      'PGDATABASE',
      'PGUSER',
      'PGSSLMODE',
      'PGSSLROOTCERT',
      'LOG_LEVEL',
      'OWN',
    ])
    expect(container('app', 'market')?.envFrom).toEqual([{ secretRef: { name: 'market-keys' } }, ownSource])
    expect(list(container('app', 'market')?.volumeMounts).map(({ mountPath }) => mountPath)).toEqual([
      '/etc/lotse/database',
      '/etc/market.yaml',
      '/cache',
      '/own',
    ])
    expect(references(pod('market'))).toContain('ConfigMap shop-lotse-files')
  })

  it('takes .Subcharts.ALIAS for any other', () => {
    expect(initContainers(pod('reports')).map(({ name }) => name)).toEqual(['orders-gate', 'own'])
    expect(container('orders-gate', 'reports')?.image).toBe('registry.example.com/orders/migrator:1.0.0')
    expect(container('app', 'reports')?.env).toEqual([
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'orders-database', key: 'url' } } },
      { name: 'OWN', value: '1' },
    ])
    expect(container('app', 'reports')?.envFrom).toEqual([ownSource])
    expect(podSpec(pod('reports')).volumes).toEqual([{ name: 'own', emptyDir: {} }])
  })

  it('names containers and volumes after the alias, so that a pod can have the gates of two databases', () => {
    const changed = renderWith(helm, parent, 'shop', ...set('orders.config.files./etc/orders\\.yaml=EUR'))
    expect(list(podSpec(pod('reports', changed)).volumes).map((each) => each.name)).toEqual(['orders-files', 'own'])
    expect(container('orders-gate', 'reports', changed)?.volumeMounts).toMatchObject([{ name: 'orders-files' }])
  })

  it('gives a pod of the parent every volume that its gate mounts, the token included, and no other', () => {
    for (const name of ['market', 'reports']) {
      const mounts = containers(pod(name)).flatMap(({ volumeMounts }) => list(volumeMounts).map((each) => each.name))
      expect(new Set(mounts)).toEqual(new Set(list(podSpec(pod(name)).volumes).map((each) => each.name)))
    }
    expect(list(podSpec(pod('market')).volumes).map((each) => each.name)).toContain('lotse-token')
  })

  it("lets the parent's ServiceAccount read the Job", () => {
    const binding = all.find(({ kind }) => kind === 'RoleBinding')
    expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: 'market', namespace: 'market' }])
  })

  it("rolls the parent's pods when its configuration changes, and only those", () => {
    const marks = (from: readonly Manifest[], name: string) => fields(podOf(pod(name, from))?.metadata).annotations
    const changed = renderWith(helm, parent, 'shop', ...set('lotse.config.files./etc/market\\.yaml=USD'))
    expect(Object.keys(fields(marks(all, 'market')))).toEqual(['checksum/lotse'])
    expect(marks(changed, 'market')).not.toEqual(marks(all, 'market'))
    expect(marks(changed, 'reports')).toEqual(marks(all, 'reports'))
  })

  it("makes the parent's pods a ConfigMap and a Secret of what is in the values", () => {
    const inline = 'orders.migrations.source.files.001\\.sql=select 1'
    const url = 'orders.database.url=postgresql://a:b@c/d'
    const changed = renderWith(
      helm,
      parent,
      'shop',
      ...set(inline, 'orders.workloads=null', url, 'orders.database.existingSecret.name='),
    )
    const made = changed.map(named)
    expect(made).toContain('ConfigMap shop-orders-migrations')
    expect(made).toContain('Secret shop-orders-database')
    for (const name of references(pod('reports', changed)).filter((each) => each.includes('shop-')))
      expect(made).toContain(name)
  })

  it('runs gate.command in the image that the dependency names', () => {
    const sets = [
      'orders.gate.command[0]=check',
      'orders.migrations.image.repository=a',
      'orders.migrations.image.tag=b',
    ]
    const changed = renderWith(helm, parent, 'shop', ...set(...sets, 'orders.workloads=null'))
    expect(container('orders-gate', 'reports', changed)).toMatchObject({ image: 'a:b', command: ['check'] })
    expect(() =>
      renderWith(helm, parent, 'shop', ...set('orders.gate.command[0]=check', 'orders.workloads=null')),
    ).toThrow(
      "lotse: migrations.image.repository is empty. Set it to the application's image, in which gate.command runs.",
    )
  })

  it('leaves lists of the parent as they are when there is nothing to add', () => {
    const without = renderWith(helm, parent, 'shop', ...set('orders.gate.enabled=false'))
    expect(initContainers(pod('reports', without)).map(({ name }) => name)).toEqual(['own'])
  })

  it('asks for the image of Lotse when only gates of the parent run it', () => {
    const none = [
      'lotse.migrations.enabled=false',
      'lotse.migrations.onDemand=false',
      'lotse.gate.check=',
      'lotse.gate.serviceAccounts=null',
    ]
    expect(() => renderWith(helm, parent, 'shop', ...set(...none, 'lotse.image.repository='))).toThrow(
      'lotse: image.repository is empty.',
    )
  })

  it('names the objects and selects the pods of two charts apart that each bring a Lotse into one release', () => {
    const both = renderWith(helm, umbrella, 'shop')
    const label = ({ metadata }: Manifest) => metadata.labels?.['app.kubernetes.io/name']
    const apps = both.filter((each) => label(each) === undefined)
    expect(new Set(both.map(named)).size).toBe(both.length)
    expect(apps.map(named)).toEqual(['Deployment north', 'Deployment south'])
    expect(apps.flatMap(references)).toEqual([
      ...Array(2).fill('Secret shop-north-lotse-database'),
      ...Array(2).fill('Secret shop-south-lotse-database'),
    ])
    expect(both.map(named)).toEqual(expect.arrayContaining(apps.flatMap(references)))
    const names = ['north-lotse', 'south-lotse'].flatMap((name) => [name, `${name}-migrator`])
    expect(new Set(both.map(label))).toEqual(new Set([undefined, ...names]))
  })

  it('says what to write when there is no dependency called lotse', () => {
    expect(() => renderWith(helm, parent, 'shop', ...set('lotse.enabled=false', 'migrations.own=true'))).toThrow(
      'lotse: chart market has no dependency called lotse. If its dependency has an alias, pass .Subcharts.ALIAS instead of the dot.',
    )
  })

  it('says so when .Subcharts.ALIAS names no dependency, or one that its condition leaves out', () => {
    expect(() => renderWith(helm, parent, 'shop', ...set('archived=true'))).toThrow(
      'lotse: .Subcharts has no such alias, or its condition disables it. Use an alias from Chart.yaml, and put the include between {{ if .Values.ALIAS.enabled }} and {{ end }}.',
    )
  })

  it('makes names that Kubernetes takes of an alias that .Subcharts can spell', () => {
    const all = renderWith(helm, parent, 'shop', ...set('price_list.enabled=true'))
    expect(all.map(named)).toContain('Deployment shop-price-list-web')
    expect(initContainers(pod('shop-price-list-web', all)).map(({ name }) => name)).toEqual(['price-list-gate'])
    expect(list(podSpec(pod('shop-price-list-web', all)).volumes).map(({ name }) => name)).toEqual(['price-list-files'])
  })

  it('names the condition that is missing when `enabled: false` is not obeyed', () => {
    expect(() => renderWith(helm, parent, 'shop', ...set('orders.enabled=false'))).toThrow(
      'Add "condition: orders.enabled" to the dependency in its Chart.yaml.',
    )
  })
})
