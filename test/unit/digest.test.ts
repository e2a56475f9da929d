import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { digestOf } from '../../hook/migration/checksum.ts'
import type { Directives } from '../../hook/migration/directives.ts'
import { leftToFinish } from '../../hook/migration/finish-plan.ts'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { makePlan } from '../../hook/migration/plan.ts'

const directives: Directives = {
  transaction: true,
  breaking: false,
  phase: 'expand',
  compatible: false,
  backfill: undefined,
  requires: [],
  accepts: [],
  lockTimeout: undefined,
  statementTimeout: undefined,
}
const file = (name: string, phase: Directives['phase'] = 'expand'): Migration => ({
  name,
  file: `${name}.sql`,
  path: `/migrations/${name}.sql`,
  kind: 'sql',
  text: name,
  checksum: `sha256:${name}`,
  directives: { ...directives, phase },
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
    const folder = names.map((name) => file(name))
    for (const history of histories) {
      const same = digestOf(folder) === ofHistory(history)
      const plan = makePlan(folder, history)
      expect(same, JSON.stringify({ names, history })).toBe(plan.kind === 'upToDate' && plan.ahead.length === 0)
      if (same) equal++
    }
  }
  expect(equal).toBe(8)
})

test('folder and history come to the same digest, also while something waits for lotse finish, as long as up has nothing to do', () => {
  const phases = ['expand', 'contract', 'backfill'] as const
  const names = ['1', '2', '3']
  const folders = phases.flatMap((one) =>
    phases.flatMap((two) => phases.map((three) => [file('1', one), file('2', two), file('3', three)])),
  )
  let [equal, waiting] = [0, 0]
  for (const folder of folders) {
    for (const applied of subsets([...names, '4'])) {
      if (applied.length === 0) continue
      const history = applied.map(
        (name): Applied => ({ name, checksum: `sha256:${name}`, state: 'applied', breaking: false, begun: false }),
      )
      const left = leftToFinish(folder, history.length)
      const plan = makePlan(folder, history)
      const nothing = plan.kind === 'upToDate' && plan.ahead.length === 0
      expect(digestOf(left.applied) === ofHistory(history), JSON.stringify({ folder, applied })).toBe(nothing)
      if (!nothing) continue
      expect(left.deferred).toEqual(plan.deferred)
      equal++
      if (left.deferred.length > 0) waiting++
    }
  }
  expect([equal, waiting]).toEqual([73, 46])
})

test('names cannot be shifted into one another', () => {
  expect(digestOf([file('a'), file('b')])).not.toBe(digestOf([file('a/sha256:a/applied/b')]))
})
