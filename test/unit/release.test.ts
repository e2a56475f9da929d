import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import lock from '../../package-lock.json' with { type: 'json' }

const read = (file: string): string => readFileSync(file, 'utf8')
const chart = parse(read('chart/Chart.yaml'))
const dockerfile = read('Dockerfile')
const argument = (name: string): string | undefined => new RegExp(`^ARG ${name}=(.*)$`, 'm').exec(dockerfile)?.[1]
const changelog = read('CHANGELOG.md')
const workflow = read('.github/workflows/release.yml')
const { version, homepage: home } = manifest

test('package, chart, image and changelog have one version', () => {
  const [, newest] = /^## \[(\d[^\]]*)\]/m.exec(changelog) ?? []
  expect({
    lock: [lock.version, lock.packages[''].version],
    chart: [chart.version, chart.appVersion],
    image: argument('VERSION'),
    changelog: newest,
  }).toEqual({ lock: [version, version], chart: [version, version], image: version, changelog: version })
})

test('package, chart and image name one home', () => {
  expect(manifest.repository.url).toBe(`git+${home}.git`)
  expect([chart.home, ...chart.sources, argument('SOURCE')]).toEqual([home, home, home])
  const [image] = parse(chart.annotations['artifacthub.io/images'])
  expect(image.image).toBe(`${home.replace('https://github.com/', 'ghcr.io/')}:${version}`)
})

test('what Artifact Hub shows as changes of this version stands in its part of the changelog', () => {
  const part = changelog.split(/^## /m).find((each) => each.startsWith(`[${version}]`)) ?? ''
  const changes: { kind: string; description: string }[] = parse(chart.annotations['artifacthub.io/changes'])
  expect(changes.length).toBeGreaterThan(0)
  const told = part.replaceAll(/\s+/g, ' ')
  expect(changes.filter(({ description }) => !told.includes(description))).toEqual([])
})

test('the chart carries the drawing that lies beside it', () => {
  const [, drawing = ''] = /^data:image\/svg\+xml;base64,(.+)$/.exec(chart.icon) ?? []
  expect(Buffer.from(drawing, 'base64').toString()).toBe(read('chart/build/icon.svg'))
})

test('the images are built on bases that a digest names', () => {
  for (const name of ['BASE', 'BUILD_BASE']) expect(argument(name)).toMatch(/^[\w./:-]+@sha256:[0-9a-f]{64}$/)
})

test('the release workflow runs on tags, after the tests, with actions of one version each', () => {
  const { on, jobs } = parse(workflow)
  expect(on).toEqual({ push: { tags: ['v*'] } })
  const needs = (job: string): string[] => [jobs[job].needs ?? []].flat().flatMap((each) => [each, ...needs(each)])
  for (const job of Object.keys(jobs).filter((each) => each !== 'test')) expect(needs(job), job).toContain('test')
  for (const file of readdirSync('.github/workflows')) {
    const used = [...read(`.github/workflows/${file}`).matchAll(/uses: (\S+)/g)].map(([, name]) => name ?? '')
    expect(used.filter((name) => !/^\.\/|@v\d+\.\d+\.\d+$/.test(name))).toEqual([])
  }
})

test('the dry run goes through every script that the release goes through', () => {
  const scriptsOf = (text: string): string[] => [
    ...new Set([...text.matchAll(/\.github\/release\/([\w-]+\.(?:sh|mjs))/g)].map(([, name]) => name ?? '')),
  ]
  const released = scriptsOf(workflow)
  expect(released.length).toBeGreaterThan(2)
  expect(released.filter((name) => !existsSync(`.github/release/${name}`))).toEqual([])
  const tried = scriptsOf(`${read('.github/release/dry-run.sh')}${read('test/release/release.test.ts')}`)
  expect(released.filter((name) => !tried.includes(name))).toEqual([])
})
