// What holds for whatever the chart renders, whichever of its features are on: each file in values/ is a story of its own.
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as objects from './objects.ts'
import { containers, fields, isHook, labelsOf, list, named, podOf, podSpec, references } from './objects.ts'
import { type Fields, type Manifest, render, renderWith } from './render.ts'

const folder = new URL('values/', import.meta.url)
const stories = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

/** Every text in the values: what the user named, and so what exists before the release. */
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : value === null || typeof value !== 'object'
      ? []
      : Object.values(value).flatMap(textsIn)

const matches = (selector: Fields, labels: Fields): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

describe.each(stories)('%s', (story) => {
  const values = parse(readFileSync(new URL(story, folder), 'utf8')) as Fields
  const options = ['--values', `test/chart/values/${story}`]
  let all: readonly Manifest[] = []
  let hooks: readonly Manifest[] = []
  let pods: readonly Manifest[] = []
  beforeAll(() => {
    all = render('chart', 'shop', ...options)
    hooks = all.filter(isHook)
    pods = all.filter((each) => podOf(each) !== undefined)
  })

  it('is the same for Helm 3 and Helm 4', () => {
    const sorted = (each: readonly Manifest[]) => each.toSorted((a, b) => (named(a) < named(b) ? -1 : 1))
    expect(sorted(renderWith('helm3', 'chart', 'shop', ...options))).toEqual(sorted(all))
  })

  it('is the same for an upgrade, and has no object twice', () => {
    expect(render('chart', 'shop', ...options, '--is-upgrade')).toEqual(all)
    expect(new Set(all.map(named)).size).toBe(all.length)
  })

  it('has the common labels on every object and pod, and the common annotations on every object', () => {
    const marked = render(
      'chart',
      'shop',
      ...options,
      '--set',
      'commonLabels.team=payments,commonAnnotations.team=payments',
    )
    for (const each of marked) {
      expect(each.metadata).toMatchObject({ labels: { team: 'payments' }, annotations: { team: 'payments' } })
      if (podOf(each) !== undefined) expect(labelsOf(each)).toMatchObject({ team: 'payments' })
    }
  })

  it('creates hooks in the order of strictly growing weights, the Job last; or has none', () => {
    const weights = hooks.map(objects.weight)
    expect(new Set(weights).size).toBe(weights.length)
    expect(weights).not.toContain(Number.NaN)
    expect(hooks.toSorted((a, b) => objects.weight(a) - objects.weight(b)).at(-1)?.kind).toBe(
      hooks.length ? 'Job' : undefined,
    )
  })

  it('refers to nothing but what is made for the same owner and what the user named', () => {
    const users = [...textsIn(values), 'kube-root-ca.crt']
    for (const each of all) {
      const made = all.filter((other) => isHook(other) === isHook(each)).map(named)
      const unknown = references(each).filter(
        (name) => !made.includes(name) && !users.includes(name.split(' ')[1] ?? ''),
      )
      expect([named(each), ...unknown]).toEqual([named(each)])
    }
  })

  it('mounts every volume that a pod has, and none that it has not', () => {
    for (const pod of pods) {
      const claims = list(pod.spec?.volumeClaimTemplates).map(({ metadata }) => fields(metadata).name)
      const volumes = [...list(podSpec(pod).volumes).map(({ name }) => name), ...claims]
      const mounted = containers(pod).flatMap(({ volumeMounts }) => list(volumeMounts).map(({ name }) => name))
      expect([...new Set(mounted)].toSorted()).toEqual(volumes.toSorted())
    }
  })

  it('mounts no file that its ConfigMap lacks', () => {
    for (const pod of pods) {
      for (const { name, subPath } of containers(pod).flatMap(({ volumeMounts }) => list(volumeMounts))) {
        if (subPath === undefined) continue
        const volume = fields(list(podSpec(pod).volumes).find((each) => each.name === name))
        const source = all.find((each) => named(each) === `ConfigMap ${fields(volume.configMap).name}`)
        expect(Object.keys(fields(source?.data))).toContain(subPath)
      }
    }
  })

  it('selects the pods it means and no others, and the application never the migrator, the finisher or PostgreSQL', () => {
    const component = 'app.kubernetes.io/component'
    for (const each of all) {
      const given = each.spec?.selector ?? each.spec?.podSelector
      if (given === undefined) continue
      const selector = fields(fields(given).matchLabels ?? given)
      const { [component]: meant, ...short } = selector
      const found = (by: Fields) =>
        new Set(
          pods
            .map(labelsOf)
            .filter((labels) => matches(by, labels))
            .map((labels) => labels[component]),
        )
      expect(found(selector)).toEqual(new Set([meant]))
      for (const other of ['migrator', 'finisher', 'postgres'])
        if (meant !== other) expect(found(short)).not.toContain(other)
    }
  })

  it('names each variable, volume and container of a pod once', () => {
    for (const pod of pods) {
      const lists = [list(podSpec(pod).volumes), containers(pod), ...containers(pod).map(({ env }) => list(env))]
      for (const names of lists.map((each) => each.map(({ name }) => name)))
        expect(new Set(names).size).toBe(names.length)
    }
  })

  it('shows no password outside a Secret', () => {
    const shown = JSON.stringify(all.filter(({ kind }) => kind !== 'Secret'))
    expect(shown).not.toContain('s3cret')
    expect(shown).not.toContain(Buffer.from('s3cret').toString('base64').replaceAll('=', ''))
    expect(shown).not.toContain('$(PGPASSWORD)')
  })
})
