import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { digestOf } from '../../hook/migration/checksum.ts'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { makePlan } from '../../hook/migration/plan.ts'

const directives = {
  transaction: true,
  breaking: false,
  requires: [],
  accepts: [],
  lockTimeout: undefined,
  statementTimeout: undefined,
}
const file = (name: string): Migration => ({
  name,
  file: `${name}.sql`,
  path: `/migrations/${name}.sql`,
  kind: 'sql',
  text: name,
  checksum: `sha256:${name}`,
  directives,
  down: undefined,
})

/** What the server computes of the history, see readSummary(). */
const ofHistory = (rows: readonly Applied[]): string =>
  createHash('sha256')
    .update(
      rows
        .map(({ name, checksum, state }) => `${name}/${checksum}/${state}/`)
        .sort()
        .join(''),
    )
    .digest('hex')

const subsets = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((sets, each) => sets.concat(sets.map((set) => [...set, each])), [[]])

test('folder and history come to the same digest exactly when the plan finds nothing to do, and nothing ahead', () => {
  const states = (['applied', 'started', 'reverting'] as const).flatMap((state) =>
    ['', ' edited'].map((edit) => ({ state, edit })),
  )
  const histories = subsets(['1', '2', '3']).flatMap((names) =>
    names.reduce<Applied[][]>(
      (made, name) =>
        made.flatMap((rows) =>
          states.map(({ state, edit }) => [
            ...rows,
            { name, checksum: `sha256:${name}${edit}`, state, breaking: false, begun: false },
          ]),
        ),
      [[]],
    ),
  )
  let equal = 0
  for (const names of subsets(['1', '2', '3'])) {
    const folder = names.map(file)
    for (const history of histories) {
      const same = digestOf(folder) === ofHistory(history)
      const plan = makePlan(folder, history)
      expect(same, JSON.stringify({ names, history })).toBe(plan.kind === 'upToDate' && plan.ahead.length === 0)
      if (same) equal++
    }
  }
  expect(equal).toBe(8)
})

test('names cannot be shifted into one another', () => {
  expect(digestOf([file('a'), file('b')])).not.toBe(digestOf([file('a/sha256:a/applied/b')]))
})
