// The hash in a Job's name and the one on workloads' pods: they change with everything that runs, and with nothing else.
import { beforeAll, describe, expect, it } from 'vitest'
import { fields, jobSpec, podOf } from './objects.ts'
import { type Manifest, render } from './render.ts'

const options = (sets: readonly string[]) => [
  '--values',
  'test/chart/values/job-events.yaml',
  ...sets.flatMap((set) => ['--set', set]),
]
const migrator = (...sets: readonly string[]): Manifest =>
  render('chart', 'shop', ...options(sets)).find(({ kind }) => kind === 'Job') as Manifest

describe('a Job has another name', () => {
  let before: Manifest
  beforeAll(() => {
    before = migrator()
  })

  it.each([
    'image.tag=1.0.1',
    'image.pullPolicy=Always',
    'database.host=other.example.com',
    'database.tls.mode=require',
    'migrations.database.user=ddl',
    'migrations.source.path=/sql',
    'migrations.source.configMap=sql',
    'migrations.allow[0]=edited',
    'migrations.lockTimeout=5s',
    'migrations.history.table=other',
    'migrations.history.readers[0]=reporting',
    'migrations.budgets.helm=10m',
    'migrations.retries=1',
    'migrations.keepFor=48h',
    'migrations.events=false',
    'migrations.mesh=outside',
    'migrations.resources.limits.memory=1Gi',
    'migrations.serviceAccount.name=mine',
    'migrations.pod.nodeSelector.pool=ddl',
    'config.env.REGION=eu',
    'config.envFrom[0].secretRef.name=keys',
    'pod.priorityClassName=high',
    'commonLabels.team=payments',
    'nameOverride=store',
  ])('when its spec changes: %s', (set) => {
    const after = migrator(set)
    expect(jobSpec(after)).not.toEqual(jobSpec(before))
    expect(after.metadata.name).not.toBe(before.metadata.name)
  })

  it.each([
    ['a file', 'config.files./etc/shop=a', 'config.files./etc/shop=b'],
    ['a migration', 'migrations.source.files.1\\.sql=a', 'migrations.source.files.1\\.sql=b'],
    ['the URL', 'migrations.database.url=postgresql://a@b/c', 'migrations.database.url=postgresql://a@b/d'],
  ])('when what its spec refers to changes: %s', (_, one, other) => {
    const [first, second] = [migrator(one), migrator(other)]
    expect(jobSpec(second)).toEqual(jobSpec(first))
    expect(second.metadata.name).not.toBe(first.metadata.name)
  })

  it('when PostgreSQL starts anew with another password', () => {
    const none = ['database.host=', 'database.name=', 'database.user=', 'database.passwordSecret.name=']
    const name = (password: string) =>
      migrator(...none, 'postgres.enabled=true', `postgres.password=${password}`).metadata.name
    expect(name('a')).not.toBe(name('b'))
  })

  it.each([
    'workloads.web.image.tag=1.0.1',
    'workloads.web.env.A=b',
    'gate.timeout=9m',
    'gate.check=job',
    'commonAnnotations.team=payments',
    'migrations.onDemand=false',
    'migrations.outputLog=never',
    'migrations.networkPolicy.enabled=false',
    'migrations.rbac.create=false',
    'migrations.serviceAccount.annotations.role=ddl',
    'postgres.password=unused',
    'global.domain=example.com',
  ])('but not when something else does: %s', (set) => {
    const after = migrator(set)
    expect(jobSpec(after)).toEqual(jobSpec(before))
    expect(after.metadata.name).toBe(before.metadata.name)
  })
})

describe('the pods of a workload', () => {
  const mark = (...sets: readonly string[]) => {
    const web = render('chart', 'shop', ...options(sets)).find(({ kind }) => kind === 'Deployment') as Manifest
    return fields(fields(podOf(web)?.metadata).annotations)['checksum/config']
  }
  const none = ['database.host=', 'database.name=', 'database.user=', 'database.passwordSecret.name=']

  it.each([
    ['a file', ['config.files./etc/shop=a'], ['config.files./etc/shop=b']],
    ['a migration', ['migrations.source.files.1\\.sql=a'], ['migrations.source.files.1\\.sql=b']],
    ['the URL', [...none, 'database.url=postgresql://a@b/c'], [...none, 'database.url=postgresql://a@b/d']],
    ['the password', [...none, 'postgres.enabled=true', 'postgres.password=a'], [...none, 'postgres.enabled=true']],
  ])('roll when %s changes', (_, one, other) => {
    expect(mark(...one)).not.toBe(mark(...other))
  })

  it.each(['migrations.retries=1', 'migrations.events=false', 'gate.rbac.create=false', 'postgres.password=unused'])(
    'stay when only %s',
    (set) => {
      const web = (...sets: readonly string[]) =>
        render('chart', 'shop', ...options(sets)).find(({ kind }) => kind === 'Deployment')
      expect(web(set)).toEqual(web())
    },
  )
})
