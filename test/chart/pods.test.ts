// What holds for every pod of every story: the gate in front, the same configuration, no privilege, no token that nobody needs.
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { containers, fields, initContainers, isHook, list, named, podOf, podSpec } from './objects.ts'
import { type Fields, type Manifest, render } from './render.ts'

const folder = new URL('values/', import.meta.url)
const stories = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const tokens = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Whether a container talks to Kubernetes: it posts Events, looks at a rollout, or watches the Job. */
function asksKubernetes({ env, args }: Fields): boolean {
  const asked = list(env).some(
    ({ name, value }) => (name === 'LOTSE_EVENTS' && value === 'true') || name === 'LOTSE_ROLLOUT_VERSION',
  )
  return asked || ((args ?? []) as string[]).some((each) => each.startsWith('--job='))
}

describe.each(stories)('%s', (story) => {
  const values = parse(readFileSync(new URL(story, folder), 'utf8')) as Fields
  const given = (group: string, key: string) => fields(values[group])[key]
  let all: readonly Manifest[] = []
  let pods: readonly Manifest[] = []
  let migrators: readonly Manifest[] = []
  let workloads: readonly Manifest[] = []
  beforeAll(() => {
    all = render('chart', 'shop', '--values', `test/chart/values/${story}`)
    pods = all.filter((each) => podOf(each) !== undefined)
    migrators = pods.filter(({ kind }) => kind === 'Job' || kind === 'CronJob')
    workloads = pods.filter(({ kind }) => kind === 'Deployment')
  })

  it('passes Pod Security restricted with every container', () => {
    const allowed = ['configMap', 'downwardAPI', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret']
    for (const pod of pods) {
      const { securityContext, volumes, hostNetwork } = podSpec(pod)
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(hostNetwork).toBeUndefined()
      for (const { name: _, ...kinds } of list(volumes)) expect(allowed).toContain(Object.keys(kinds)[0])
      for (const container of containers(pod))
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        })
    }
  })

  it('gives every container the limits that are set, so that a quota which demands them admits the pods', () => {
    const limits = { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' }
    const places = [
      ...['migrations', 'migrations.copy', 'migrations.guard', 'finish', 'gate', 'postgres'],
      ...Object.keys(fields(values.workloads)).map((name) => `workloads.${name}`),
    ]
    const sets = places.flatMap((place) => ['--set-json', `${place}.resources.limits=${JSON.stringify(limits)}`])
    const users = list(given('pod', 'initContainers')).map(({ name }) => name)
    const limited = render('chart', 'shop', '--values', `test/chart/values/${story}`, ...sets)
      .filter((each) => podOf(each) !== undefined)
      .flatMap(containers)
      .filter(({ name }) => !users.includes(name))
    expect(limited.length).toBeGreaterThan(0)
    for (const { name, resources } of limited) expect([name, fields(resources).limits]).toEqual([name, limits])
  })

  it('lets Lotse write to no root file system', () => {
    const image = `${given('image', 'repository')}`
    const own = pods
      .flatMap(containers)
      .filter((each) => `${each.image}`.startsWith(image) && each.command === undefined)
    for (const { securityContext } of own) expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true })
  })

  it('mounts a token in the one container that asks Kubernetes, whose ServiceAccount alone has a right', () => {
    for (const pod of pods) {
      expect(podSpec(pod).automountServiceAccountToken).toBe(false)
      const token = list(podSpec(pod).volumes).find((each) => JSON.stringify(each).includes('serviceAccountToken'))
      const holders = containers(pod).filter(({ volumeMounts }) =>
        list(volumeMounts).some(({ name, mountPath }) => name === token?.name || mountPath === tokens),
      )
      expect(holders).toEqual(containers(pod).filter(asksKubernetes))
    }
    const bound = all.filter(({ kind }) => kind === 'RoleBinding').flatMap((each) => list(each.subjects))
    const needed = pods
      .filter((pod) => containers(pod).some(asksKubernetes))
      .map((pod) => podSpec(pod).serviceAccountName)
    expect(new Set(bound.map(({ name }) => name))).toEqual(new Set(needed))
    expect(all.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([])
  })

  it('makes no ServiceAccount that no pod runs as', () => {
    const made = all.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name)
    const used = pods.map((pod) => podSpec(pod).serviceAccountName)
    expect(made.filter((name) => !used.includes(name))).toEqual([])
  })

  it('lets a token be mounted by no ServiceAccount of its own, and gives the migrator one that no workload has', () => {
    for (const each of all.filter(({ kind }) => kind === 'ServiceAccount'))
      expect(each.automountServiceAccountToken).toBe(false)
    const accounts = workloads.map((pod) => podSpec(pod).serviceAccountName)
    for (const pod of migrators) expect(accounts).not.toContain(podSpec(pod).serviceAccountName)
  })

  it('puts the gate last before every workload that has not refused it, and nowhere else', () => {
    for (const pod of workloads) {
      const name = pod.metadata.name.replace('shop-', '')
      const refused = fields(fields(values.workloads)[name]).gate === false
      expect(
        initContainers(pod)
          .map((each) => each.name)
          .includes('gate'),
      ).toBe(!refused)
      expect(initContainers(pod).at(-1)?.name === 'gate').toBe(!refused)
    }
    expect(migrators.flatMap(containers).filter(({ name }) => name === 'gate')).toEqual([])
  })

  it('gives workloads, their gates and the migrator the same database and configuration, unless told otherwise', () => {
    if (given('migrations', 'database') !== undefined) return
    const shared = ({ env, envFrom, volumeMounts }: Fields) =>
      JSON.stringify([
        list(env).filter(({ name }) => !/^(LOTSE_|FLASK_|NODE_OPTIONS$)/.test(`${name}`)),
        envFrom,
        list(volumeMounts).filter(({ name }) => !/^lotse-(token|migrations|guard|source(s|-\d+))$/.test(`${name}`)),
      ])
        .replaceAll(/shop-migrator-(job-)?/g, 'shop-')
        // Lotse says itself what is missing.
        .replaceAll(',"optional":true', '')
    const asked = ['migrator', 'guard', 'gate', ...Object.keys(fields(values.workloads))]
    const found = [...migrators, ...workloads].flatMap(containers).filter(({ name }) => asked.includes(`${name}`))
    expect(new Set(found.map(shared)).size).toBe(1)
  })

  it('runs the migrator as a hook, as a Job, on demand or not at all, by its mode', () => {
    const { enabled = true, onDemand = true, tasks = {} } = fields(values.migrations)
    const job = given('postgres', 'enabled') === true || given('migrations', 'mode') === 'job'
    // Where the reason for a failure would stand in the log of an init container, a Job of its own comes first.
    const { command, source } = fields(values.migrations)
    const finisher = given('finish', 'enabled') === true && !command
    const cronJobs = [
      ...(onDemand ? ['the migrator'] : []),
      ...(finisher ? ['the finisher'] : []),
      ...Object.keys(fields(tasks)),
    ].map(() => 'CronJob')
    const first = enabled && !job && (command || fields(source).application) ? ['hook Job'] : []
    const kinds = [...(enabled ? [`${job ? '' : 'hook '}Job`] : []), ...first, ...cronJobs]
    expect(migrators.map((each) => `${isHook(each) ? 'hook ' : ''}${each.kind}`).toSorted()).toEqual(kinds.toSorted())
    if (job || !enabled) expect(all.filter(isHook).map(named)).toEqual([])
  })
})
