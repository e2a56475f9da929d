import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import platform from '../platform/package.json' with { type: 'json' }
import { published } from '../platform/postgres.ts'

type Package = { readonly os?: string | string[]; readonly cpu?: string | string[]; readonly optional?: true }

const packagesOf = (file: string): [name: string, Package][] =>
  Object.entries((JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Package> }).packages)

const fits = ({ os, cpu }: Package): boolean =>
  (os === undefined || [os].flat().includes(process.platform)) &&
  (cpu === undefined || [cpu].flat().includes(process.arch))

test('no package that is for one platform alone is required', () => {
  const ofOnePlatform = packagesOf('package-lock.json').filter(([, { os, cpu }]) => os ?? cpu)
  expect(ofOnePlatform.length).toBeGreaterThan(20)
  expect(ofOnePlatform.filter(([, { optional }]) => !optional).map(([name]) => name)).toEqual([])
})

test('npm installs the packages of this machine and no other', () => {
  const installed = packagesOf('node_modules/.package-lock.json')
  expect(installed.filter(([, each]) => !fits(each)).map(([name]) => name)).toEqual([])
  const names = installed.map(([name]) => name.replace('node_modules/', ''))
  const machine = `${process.platform}-${process.arch}`
  expect(names.filter((name) => /^postgres-\d/.test(name))).toEqual(
    published.map((major) => `postgres-${major}-${machine}`),
  )
})

test('a major of PostgreSQL is the same version on every platform', () => {
  const versions = Object.entries(platform.optionalDependencies)
    .map(([name, version]) => [/^postgres-(\d+)-/.exec(name)?.[1], version.split('@').at(-1)] as const)
    .filter(([major]) => major !== undefined)
  const distinct = new Set(versions.map(String))
  expect([...distinct].map((each) => each.split(',')[0])).toEqual(['14', '15', '16', '17', '18'])
})
