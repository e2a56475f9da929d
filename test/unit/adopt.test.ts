import { expect, test } from 'vitest'
import { flyway } from '../../hook/adopt/flyway.ts'
import { golangMigrate } from '../../hook/adopt/golang-migrate.ts'
import { match } from '../../hook/adopt/match.ts'
import { numericKey, type Recorded } from '../../hook/adopt/tool.ts'
import { none } from '../../hook/migration/directives.ts'
import type { Migration } from '../../hook/migration/migration.ts'

test.each([
  ['00007', '7'],
  ['1_02.0', '1.2'],
  ['1.10', '1.10'],
  ['0', '0'],
  ['9223372036854775807', '9223372036854775807'],
  ['001_users', '001_users'],
])('%s is the version %s', (version, key) => expect(numericKey(version)).toBe(key))

const fileOf = (name: string, version: string): Migration => ({
  name,
  file: `${name}.sql`,
  path: `/${name}.sql`,
  kind: 'sql',
  text: '',
  checksum: `sha256:${name}`,
  directives: none,
  down: undefined,
  version,
})
const applied: Recorded = { key: '', state: 'applied', upTo: null, appliedAt: null, appliedBy: null, checksum: null }
const folder = [fileOf('V9__a', '9'), fileOf('V10__b', '10'), fileOf('V10_1__c', '10.1'), fileOf('V11__d', '11')]

test('a row for every version up to its own counts versions as numbers', () => {
  const { taken, problems } = match(flyway, [{ ...applied, key: '10.1', upTo: true }], folder, () => [])
  expect(taken.map(({ migration }) => migration.name)).toEqual(['V9__a', 'V10__b', 'V10_1__c'])
  expect(problems).toEqual([])
})

test('a baseline may be a number without a file, the only row of golang-migrate may not', () => {
  const row = { ...applied, key: '10.5', upTo: true }
  expect(match(flyway, [row], folder, () => []).problems).toEqual([])
  expect(match(golangMigrate, [row], folder, () => []).problems).toEqual([{ kind: 'missing', key: '10.5' }])
})

test('rows are taken in their own order, each problem is named, and a failed row is never taken', () => {
  const rows: Recorded[] = [
    { ...applied, key: '11' },
    { ...applied, key: '9', checksum: '1' },
    { ...applied, key: '10', state: 'failed' },
    { ...applied, key: '12' },
  ]
  const { taken, problems } = match(flyway, rows, folder, () => ['2'])
  expect(taken.map(({ migration }) => migration.name)).toEqual(['V11__d', 'V9__a'])
  expect(problems).toEqual([
    { kind: 'edited', key: '9', file: 'V9__a.sql' },
    { kind: 'failed', key: '10' },
    { kind: 'missing', key: '12' },
  ])
})
