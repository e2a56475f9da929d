import { expect, test } from 'vitest'
import { isRule, linters } from '../../hook/check/other-linters.ts'
import { rules } from '../../hook/check/rules/all.ts'

/** How many checks each linter has in the version that is listed: who lists a newer version counts anew. */
const counted = { strong_migrations: 33, squawk: 39, eugene: 15, Atlas: 22, 'safe-migrate': 34 }

test('the linters are those that are counted, each with all its checks', () => {
  expect(Object.fromEntries(linters.map(({ name, checks }) => [name, Object.keys(checks).length]))).toEqual(counted)
})

test.each(linters)('what $name $version checks is found here, or a sentence says why not', ({ checks }) => {
  const names = rules.map(({ name }) => name)
  const covers = Object.entries(checks)
  expect(covers.filter(([, cover]) => isRule(cover) && !names.includes(cover))).toEqual([])
})
