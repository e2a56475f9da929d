// What an empty value means: values.yaml says it of some, and of some the hook has a default, which the chart must not contradict.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isMap, isScalar, parse, parseDocument } from 'yaml'
import { parseDuration } from '../../hook/config/duration.ts'
import { options } from '../../hook/config/options.ts'
import { containers, fields, initContainers, jobSpec, labelsOf, list, named, podOf, podSpec } from './objects.ts'
import { type Manifest, render, renderAll } from './render.ts'

const source = readFileSync('chart/values.yaml', 'utf8')
const defaults = parse(source)
const at = (path: string): unknown => path.split('.').reduce((value, step) => fields(value)[step], defaults)

/** What the comment above each value says, by path. */
const comments = new Map<string, string>()
const read = (node: unknown, above: readonly string[]): void => {
  if (!isMap(node)) return
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue
    const path = [...above, `${key.value}`]
    const lines = source.slice(0, key.range?.[0]).split('\n').slice(0, -1)
    const first = lines.findLastIndex((line) => !line.trimStart().startsWith('#')) + 1
    comments.set(
      path.join('.'),
      lines
        .slice(first)
        .map((line) => line.trim().replace(/^# ?/, ''))
        .join(' '),
    )
    read(value, path)
  }
}
read(parseDocument(source).contents, [])

const shop = ['--values', 'test/chart/values/shop.yaml']
const set = (path: string, value: unknown) => ['--set-json', `${path}=${JSON.stringify(value)}`]
const find = (all: readonly Manifest[], name: string) => all.find((each) => named(each) === name) as Manifest
const shopWith = (...more: readonly string[]) => render('chart', 'shop', ...shop, ...more)
const migrator = (...more: readonly string[]) => find(shopWith(...more), 'Job shop-migrator')
const env = (job: Manifest, name: string) => list(containers(job).at(-1)?.env).find((each) => each.name === name)?.value
const finisher = ['--values', 'test/chart/values/finisher.yaml']
const runOf = (all: readonly Manifest[]) => fields(find(all, 'Job shop-migrator').metadata.annotations)['lotse/run']
const trial = ['--values', 'test/chart/values/postgres.yaml']
const gateOf = (...more: readonly string[]) => initContainers(find(shopWith(...more), 'Deployment shop-web')).at(-1)

/** The seconds in "Empty: 15s less than helm". */
const less = (path: string): number =>
  (parseDuration(/Empty: (\w+) less than/.exec(comments.get(path) ?? '')?.[1] ?? '') ?? 0) / 1_000

/** Shows for each value that has a word on it in values.yaml what comes of an empty one. */
const empty: { readonly [path: string]: () => void } = {
  nameOverride: () => {
    const labels = labelsOf(find(shopWith(...set('nameOverride', '')), 'Deployment shop-web'))
    expect(labels['app.kubernetes.io/name']).toBe('lotse')
    const parent = render('test/chart/parent', 'shop')
    expect(labelsOf(find(parent, 'Deployment shop-orders-web'))['app.kubernetes.io/name']).toBe('orders')
  },
  fullnameOverride: () => {
    expect(shopWith(...set('fullnameOverride', '')).map(named)).toContain('Deployment shop-web')
    expect(render('test/chart/parent', 'shop').map(named)).toContain('Deployment shop-orders-web')
    expect(render('test/chart/umbrella', 'shop').map(named)).toContain('Job shop-north-lotse-migrator')
  },
  'image.pullPolicy': () =>
    expect(containers(migrator(...set('image.pullPolicy', ''))).at(-1)).not.toHaveProperty('imagePullPolicy'),
  'database.tls.mode': () => {
    const none = [...set('database.tls.mode', ''), ...set('database.tls.caSecret.name', '')]
    expect(env(migrator(...none), 'PGSSLMODE')).toBeUndefined()
    expect(env(migrator(...none), 'DATABASE_URL')).not.toContain('sslmode')
  },
  'migrations.mode': () => {
    expect(fields(migrator(...set('migrations.mode', '')).metadata.annotations)['helm.sh/hook']).toBeDefined()
    const job = render('chart', 'shop', ...trial, ...set('migrations.mode', '')).find(({ kind }) => kind === 'Job')
    expect(fields(job?.metadata.annotations)['helm.sh/hook']).toBeUndefined()
  },
  'migrations.image.pullPolicy': () => {
    const foreign = ['--values', 'test/chart/values/foreign-command.yaml', ...set('migrations.image.pullPolicy', '')]
    const job = render('chart', 'shop', ...foreign).find(({ kind }) => kind === 'Job') as Manifest
    expect(containers(job).at(-1)).not.toHaveProperty('imagePullPolicy')
  },
  'migrations.lockTimeout': () => {
    expect(env(migrator(...set('migrations.lockTimeout', '')), 'LOTSE_LOCK_TIMEOUT')).toBeUndefined()
    expect(comments.get('migrations.lockTimeout')).toContain(`Empty: ${options.lockTimeout.fallback}.`)
  },
  'migrations.statementTimeout': () => {
    expect(env(migrator(...set('migrations.statementTimeout', '')), 'LOTSE_STATEMENT_TIMEOUT')).toBeUndefined()
    expect(parseDuration(options.statementTimeout.fallback)).toBe(0)
  },
  'migrations.check': () => {
    expect(env(migrator(...set('migrations.check', '')), 'LOTSE_CHECK')).toBeUndefined()
    expect(comments.get('migrations.check')).toContain(`Empty: ${options.check.fallback}.`)
  },
  'migrations.checkTimeout': () => {
    expect(env(migrator(...set('migrations.checkTimeout', '')), 'LOTSE_CHECK_TIMEOUT')).toBeUndefined()
    expect(comments.get('migrations.checkTimeout')).toContain(`Empty: ${options.checkTimeout.fallback}.`)
  },
  'migrations.budgets.job': () => {
    const given = [...set('migrations.budgets.helm', '10m'), ...set('migrations.budgets.job', '')]
    expect(jobSpec(migrator(...given)).activeDeadlineSeconds).toBe(600 - less('migrations.budgets.job'))
  },
  'migrations.budgets.run': () =>
    expect(
      env(migrator(...set('migrations.budgets.job', '4m'), ...set('migrations.budgets.run', '')), 'LOTSE_TIMEOUT'),
    ).toBe(`${240 - less('migrations.budgets.run')}s`),
  'migrations.budgets.lockWait': () =>
    expect(
      env(
        migrator(...set('migrations.budgets.run', '2m'), ...set('migrations.budgets.lockWait', '')),
        'LOTSE_LOCK_WAIT',
      ),
    ).toBe(`${120 - less('migrations.budgets.lockWait')}s`),
  'migrations.budgets.connect': () => {
    const given = set('migrations.budgets.connect', '')
    expect(env(migrator(...given), 'LOTSE_CONNECT_TIMEOUT')).toBe(options.connectTimeout.fallback)
    expect(env(migrator(...given, ...set('migrations.budgets.lockWait', '20s')), 'LOTSE_CONNECT_TIMEOUT')).toBe('20s')
  },
  'migrations.keepFor': () =>
    expect(jobSpec(migrator(...set('migrations.keepFor', '')))).not.toHaveProperty('ttlSecondsAfterFinished'),
  'migrations.mesh': () => {
    const { metadata } = podOf(migrator(...set('migrations.mesh', ''))) as { readonly metadata: object }
    expect(JSON.stringify(metadata)).not.toMatch(/istio|linkerd/)
  },
  'migrations.serviceAccount.name': () => {
    const all = shopWith(...set('migrations.serviceAccount.name', ''))
    expect(all.map(named)).toEqual(
      expect.arrayContaining(['ServiceAccount shop-migrator', 'ServiceAccount shop-migrator-job']),
    )
    expect(podSpec(find(all, 'Job shop-migrator')).serviceAccountName).toBe('shop-migrator')
    expect(podSpec(find(all, 'CronJob shop-migrator')).serviceAccountName).toBe('shop-migrator-job')
  },
  'finish.version': () => {
    const versions = (version: string) => {
      const all = render('chart', 'shop', ...finisher, ...set('finish.version', version))
      const mark = fields(fields(podOf(find(all, 'Deployment shop-web'))?.metadata).annotations)['lotse/version']
      return [mark, env(find(all, 'CronJob shop-finisher'), 'LOTSE_ROLLOUT_VERSION'), runOf(all)]
    }
    const [mark, own, run] = versions('')
    expect([mark, own]).toEqual([run, run])
    expect(versions('1.4.0').slice(0, 2)).toEqual(['1.4.0', '1.4.0'])
  },
  'finish.serviceAccount.name': () => {
    const account = (...more: readonly string[]) =>
      podSpec(find(render('chart', 'shop', ...finisher, ...more), 'CronJob shop-finisher')).serviceAccountName
    expect(account(...set('finish.serviceAccount.name', ''))).toBe('shop-finisher')
    const given = [
      ...set('migrations.serviceAccount.name', 'ddl'),
      ...set('migrations.serviceAccount.annotations', null),
    ]
    expect(account(...given)).toBe('ddl')
  },
  'finish.serviceAccount.annotations': () => {
    const role = set('migrations.serviceAccount.annotations', { role: 'ddl' })
    const all = render('chart', 'shop', ...finisher, ...role, ...set('finish.serviceAccount.annotations', {}))
    expect(find(all, 'ServiceAccount shop-finisher').metadata.annotations).toMatchObject({ role: 'ddl' })
  },
  'gate.check': () => {
    expect(gateOf(...set('gate.check', ''))?.args).toEqual(['wait'])
    expect(gateOf(...set('gate.check', ''), ...set('gate.command', ['check']))?.command).toEqual(['check'])
    const foreign = [...set('migrations.command', ['tool']), ...set('migrations.workload', 'web')]
    expect(gateOf(...set('gate.check', ''), ...foreign)?.args).toContain('--no-database')
  },
  'test.enabled': () => {
    const pods = (...options: readonly string[]) =>
      renderAll('helm4', 'chart', 'shop', ...options, ...set('test.enabled', '')).filter(({ kind }) => kind === 'Pod')
    expect(pods(...shop).map(named)).toEqual(['Pod shop-helm-test'])
    expect(pods(...trial)).toEqual([])
  },
  'postgres.image.pullPolicy': () => {
    const all = render('chart', 'shop', ...trial, ...set('postgres.image.pullPolicy', ''))
    expect(containers(find(all, 'StatefulSet shop-postgres'))[0]).not.toHaveProperty('imagePullPolicy')
  },
  'postgres.storage': () => {
    const pod = find(render('chart', 'shop', ...trial, ...set('postgres.storage', '')), 'StatefulSet shop-postgres')
    expect(podSpec(pod).volumes).toEqual([{ name: 'data', emptyDir: {} }])
  },
}

describe('an empty value is what values.yaml says of it', () => {
  const told = [...comments].filter(([, comment]) => /\bEmpty\b/.test(comment)).map(([path]) => path)

  it.each(told)('%s', (path) => {
    expect(Object.keys(empty), `nothing here shows what an empty ${path} does`).toContain(path)
    empty[path]?.()
  })

  it('where it says something', () => {
    expect(Object.keys(empty).filter((path) => !told.includes(path))).toEqual([])
  })
})

it.each([
  ['migrations.history.schema', options.schema],
  ['migrations.history.table', options.historyTable],
  ['migrations.logFormat', options.logFormat],
])("the default of %s is the hook's", (path, { fallback }) => {
  expect(at(path)).toBe(fallback)
})

it("the time to connect that values.yaml names is the hook's", () => {
  expect(comments.get('migrations.budgets.connect')).toContain(`Empty: ${options.connectTimeout.fallback},`)
})
