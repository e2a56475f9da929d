import { expect, test } from 'vitest'
import { compareNames, orderOf, twoOrders } from '../../hook/migration/name.ts'

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

test.each([
  ['letters before a number', ['V1__a', 'V2__b', 'V9__c', 'V10__d']],
  ['versions of several parts', ['V1__a', 'V1_2__b', 'V1_10__c', 'V2__d']],
  ['a number that ends with the name', ['v1', 'v2', 'v10']],
  ['digits of any length', ['V20251231235959__a', 'V20260102030405__b']],
])('a folder with %s is in the order of its numbers', (_, names) => {
  expect(names.toReversed().sort(orderOf(names))).toEqual(names)
})

test.each([
  ['other names as well', ['V10__b', 'V2__a', 'seed']],
  ['different letters', ['R2__a', 'V10__c', 'V2__b']],
  ['revisions in hexadecimal', ['e10ab3_x', 'e9cd10_y']],
  ['digits before everything', ['2_a', '10_b']],
])('a folder with %s keeps its order', (_, names) => {
  expect(names.toSorted(orderOf(names))).toEqual(names.toSorted(compareNames))
})

test('names whose numbers say the other order are found where a folder has other names as well', () => {
  const names = ['V1__a', 'V10__c', 'V2__b', 'seed']
  expect(twoOrders(names, orderOf(names))).toEqual(['V10__c', 'V1__a'])
  expect(twoOrders(names.slice(0, 3), orderOf(names.slice(0, 3)))).toBeUndefined()
  expect(twoOrders(['V01__a', 'V02__b', 'V10__c', 'seed'], compareNames)).toBeUndefined()
})
