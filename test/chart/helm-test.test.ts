// What `helm test` runs, whichever features of the chart are on.
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fields, list, named, references } from './objects.ts'
import { type Manifest, renderAll } from './render.ts'

const stories = readdirSync('test/chart/values').filter((name) => name.endsWith('.yaml'))

describe.each(stories)('%s', (story) => {
  const options = ['--values', `test/chart/values/${story}`]
  const isTest = ({ metadata }: Manifest) => metadata.annotations?.['helm.sh/hook'] === 'test'
  let all: readonly Manifest[] = []
  let tests: readonly Manifest[] = []
  beforeAll(() => {
    all = renderAll('helm4', 'chart', 'shop', ...options)
    tests = all.filter(isTest)
  })

  it('has one pod at most, the same for Helm 3 and Helm 4', () => {
    expect(tests.length).toBeLessThanOrEqual(1)
    expect(renderAll('helm3', 'chart', 'shop', ...options).filter(isTest)).toEqual(tests)
  })

  it('needs nothing but what the release has and what the user named', () => {
    const users = JSON.stringify(parse(readFileSync(`test/chart/values/${story}`, 'utf8')))
    const made = all.map(named)
    for (const name of tests.flatMap(references))
      expect(made.includes(name) || users.includes(`"${name.split(' ')[1]}"`), name).toBe(true)
  })

  it('is selected by no Service, not even by one that names no component', () => {
    for (const { metadata } of tests) {
      const label = metadata.labels?.['app.kubernetes.io/name']
      for (const each of all.filter(({ kind }) => kind === 'Service'))
        expect(fields(each.spec?.selector)['app.kubernetes.io/name']).not.toBe(label)
    }
  })

  it('mounts every volume that it has, and none that it has not', () => {
    for (const { spec } of tests) {
      const containers = [...list(spec?.initContainers), ...list(spec?.containers)]
      const mounted = containers.flatMap(({ volumeMounts }) => list(volumeMounts).map(({ name }) => name))
      expect([...new Set(mounted)].toSorted()).toEqual(
        list(spec?.volumes)
          .map(({ name }) => name)
          .toSorted(),
      )
    }
  })
})
