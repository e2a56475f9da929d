import { expect, test } from 'vitest'
import { compareNames } from '../../hook/migration/name.ts'

test.each([
  [
    ['10_b', '9_a', '1_z'],
    ['1_z', '9_a', '10_b'],
  ],
  [
    ['002_b', '001_b', '001_a'],
    ['001_a', '001_b', '002_b'],
  ],
  [
    ['20260102030405_b', '20251231235959_a'],
    ['20251231235959_a', '20260102030405_b'],
  ],
  [
    ['b', 'B', 'a'],
    ['B', 'a', 'b'],
  ],
  [
    ['1_a', 'init'],
    ['1_a', 'init'],
  ],
])('%j', (names, sorted) => {
  expect(names.toSorted(compareNames)).toEqual(sorted)
})
