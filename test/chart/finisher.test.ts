// What a finisher adds to a release, by which it knows the pods of its version, and that it changes nothing else.
import { beforeAll, describe, expect, it } from 'vitest'
import { containers, fields, jobSpec, list, named, podOf, podSpec } from './objects.ts'
import { type Manifest, render, renderWith } from './render.ts'

const story = ['--values', 'test/chart/values/finisher.yaml']
const set = (...sets: readonly string[]) => sets.flatMap((each) => ['--set', each])
const find = (all: readonly Manifest[], name: string) => all.find((each) => named(each) === name) as Manifest
const mark = (pods: Manifest) => fields(fields(podOf(pods)?.metadata).annotations)['lotse/version']
const variable = (cronJob: Manifest, name: string) =>
  list(containers(cronJob).at(-1)?.env).find((each) => each.name === name)?.value

describe('with a finisher', () => {
  let [off, on] = [[], []] as [readonly Manifest[], readonly Manifest[]]
  beforeAll(() => {
    off = render('chart', 'shop', ...story, ...set('finish.enabled=false'))
    on = render('chart', 'shop', ...story)
  })

  it('a release has its objects, and those of the migrator that it needs', () => {
    const before = off.map(named)
    expect(on.map(named).filter((name) => !before.includes(name))).toEqual([
      'NetworkPolicy shop-finisher',
      'ServiceAccount shop-finisher',
      'Secret shop-migrator-job-database',
      'ConfigMap shop-migrator-job-files',
      'ConfigMap shop-migrator-job-migrations',
      'Role shop-finisher',
      'RoleBinding shop-finisher',
      'CronJob shop-finisher',
    ])
  })

  it('everything else is as it is without, but for the annotation on the pods of workloads', () => {
    const plain = (each: Manifest) => JSON.parse(JSON.stringify(each).replace(/,"lotse\/version":"\w+"/, ''))
    for (const each of off) expect(plain(find(on, named(each)))).toEqual(each)
    expect(JSON.stringify(off)).not.toContain('lotse/version')
  })

  it('nothing of it is a hook, so it stays after the release, and goes with it', () => {
    for (const each of on.filter(({ metadata }) => metadata.name.includes('finisher')))
      expect(each.metadata.annotations ?? {}).not.toHaveProperty('helm.sh/hook')
  })

  it('it has the pod of the migrator, but for what it has of its own', () => {
    const [job, own] = [find(on, 'Job shop-migrator'), jobSpec(find(on, 'CronJob shop-finisher'))]
    const { template, ...rest } = jobSpec(job)
    expect(own).toMatchObject({ ...rest, activeDeadlineSeconds: 8 * 3600 })
    const { containers: __, volumes: ___, serviceAccountName: ____, ...pod } = podSpec(job)
    expect(fields(fields(own.template).spec)).toMatchObject(pod)
    expect(template).toBeDefined()
  })
})

describe('the version of a release', () => {
  const versions = (...sets: readonly string[]) => {
    const all = render('chart', 'shop', ...story, ...set(...sets))
    return [
      mark(find(all, 'Deployment shop-web')),
      mark(find(all, 'Deployment shop-worker')),
      variable(find(all, 'CronJob shop-finisher'), 'LOTSE_ROLLOUT_VERSION'),
    ]
  }

  it('is the same on all pods and in the finisher', () => {
    expect(new Set(versions()).size).toBe(1)
    expect(new Set([...versions(), ...versions('migrations.mode=job')]).size).toBe(2)
  })

  it.each(['image.tag=1.0.1', 'migrations.source.files.002\\.sql=select 1', 'finish.version=1.0.1'])(
    'is another one with other migrations: %s',
    (one) => {
      const [before, after] = [versions(), versions(one)]
      expect(after[0]).not.toBe(before[0])
      expect(new Set(after).size).toBe(1)
    },
  )

  it.each(['finish.soak=1h', 'finish.schedule=@hourly', 'workloads.web.image.tag=1.0.1', 'migrations.onDemand=true'])(
    'is the same with the same: %s',
    (other) => {
      expect(versions(other)).toEqual(versions())
    },
  )

  it('is that of the release for a task, too', () => {
    const all = render('chart', 'shop', '--values', 'test/chart/values/finisher-tasks.yaml')
    for (const name of ['contract', 'data']) {
      const rollout = containers(find(all, `CronJob shop-migrator-${name}`))[0]
      expect(list(rollout?.env)).toContainEqual({
        name: 'LOTSE_ROLLOUT_VERSION',
        value: mark(find(all, 'Deployment shop-web')),
      })
    }
  })
})

describe.each(['helm3', 'helm4'] as const)('in a parent chart, by %s', (helm) => {
  const finish = (alias: string) => [`${alias}.finish.enabled=true`, `${alias}.finish.deployments[0]=market`]
  const parent = (...sets: readonly string[]) => renderWith(helm, 'test/chart/parent', 'shop', ...set(...sets))

  it('the pods of the parent carry the version of its dependency, which the finisher looks for', () => {
    const all = parent(...finish('lotse'))
    const cronJob = find(all, 'CronJob shop-lotse-finisher')
    expect(mark(find(all, 'Deployment market'))).toBe(variable(cronJob, 'LOTSE_ROLLOUT_VERSION'))
    expect(variable(cronJob, 'LOTSE_ROLLOUT')).toBe('market')
    expect(mark(find(all, 'Deployment reports'))).toBeUndefined()
  })

  it('or of the one that an alias names, beside its own workloads', () => {
    const all = parent('orders.finish.enabled=true', 'orders.finish.deployments[0]=reports')
    const cronJob = find(all, 'CronJob shop-orders-finisher')
    expect(mark(find(all, 'Deployment reports'))).toBe(variable(cronJob, 'LOTSE_ROLLOUT_VERSION'))
    expect(variable(cronJob, 'LOTSE_ROLLOUT')).toBe('shop-orders-web,reports')
    expect(mark(find(all, 'Deployment market'))).toBeUndefined()
  })
})
