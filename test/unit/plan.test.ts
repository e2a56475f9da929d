import { expect, test } from 'vitest'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { makePlan, type Plan } from '../../hook/migration/plan.ts'

const file = (name: string, text = name): Migration => ({ name, file: `${name}.sql`, sql: text, checksum: text })
const row = (name: string, text = name): Applied => ({ name, checksum: text })

const pending = (...names: string[]): Plan => ({ kind: 'pending', steps: names.map((name) => file(name)), ahead: [] })

test.each<[string, Migration[], Applied[], Plan]>([
  ['an empty database', [file('1'), file('2')], [], pending('1', '2')],
  ['everything applied', [file('1'), file('2')], [row('1'), row('2')], { kind: 'upToDate', ahead: [] }],
  ['one more file', [file('1'), file('2')], [row('1')], pending('2')],
  ['an older image', [file('1')], [row('1'), row('2')], { kind: 'upToDate', ahead: ['2'] }],
  [
    'an older image, much newer schema',
    [file('1')],
    [row('1'), row('3'), row('2')],
    { kind: 'upToDate', ahead: ['2', '3'] },
  ],
  [
    'an edited file',
    [file('1', 'new text'), file('2')],
    [row('1', 'old text')],
    { kind: 'refused', refusals: [{ kind: 'edited', name: '1', file: '1.sql' }] },
  ],
  [
    'a deleted file',
    [file('1'), file('3')],
    [row('1'), row('2'), row('3')],
    { kind: 'refused', refusals: [{ kind: 'missing', name: '2' }] },
  ],
  [
    'a file that sorts before an applied one',
    [file('1'), file('2'), file('3')],
    [row('1'), row('3')],
    { kind: 'refused', refusals: [{ kind: 'outOfOrder', name: '2', file: '2.sql', after: '3' }] },
  ],
  [
    'a new file of an older branch before what a newer version applied',
    [file('1'), file('2')],
    [row('1'), row('3')],
    { kind: 'refused', refusals: [{ kind: 'outOfOrder', name: '2', file: '2.sql', after: '3' }] },
  ],
  [
    'everything wrong at once',
    [file('1', 'new text'), file('2'), file('4')],
    [row('1', 'old text'), row('3'), row('4')],
    {
      kind: 'refused',
      refusals: [
        { kind: 'edited', name: '1', file: '1.sql' },
        { kind: 'missing', name: '3' },
        { kind: 'outOfOrder', name: '2', file: '2.sql', after: '4' },
      ],
    },
  ],
])('%s', (_, folder, history, plan) => {
  expect(makePlan(folder, history)).toEqual(plan)
})
