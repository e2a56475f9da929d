import { describe, expect, test } from 'vitest'
import type { Tolerance } from '../../hook/config/config.ts'
import type { Directives } from '../../hook/migration/directives.ts'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { makePlan, type Plan } from '../../hook/migration/plan.ts'
import type { Refusal } from '../../hook/migration/refusal.ts'
import { fileOf, rowOf } from '../support/planning.ts'

const plain: Directives = {
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

const file = (name: string, text = name, directives: Partial<Directives> = {}): Migration =>
  fileOf(name, { text, checksum: text, directives: { ...plain, ...directives } })
const row = rowOf

const pending = (names: string[], ahead: string[] = []): object => ({
  kind: 'pending',
  steps: names.map((name) => expect.objectContaining({ name })),
  ahead,
  deferred: [],
})
const upToDate = (...ahead: string[]): Plan => ({ kind: 'upToDate', ahead, deferred: [] })
const refused = (...refusals: Refusal[]): Plan => ({ kind: 'refused', refusals })

const edited = (name: string): Refusal => ({ kind: 'edited', name, file: `${name}.sql` })
const missing = (name: string): Refusal => ({ kind: 'missing', name })
const outOfOrder = (name: string, after: string): Refusal => ({ kind: 'outOfOrder', name, file: `${name}.sql`, after })

describe('what a run would do', () => {
  test.each<[string, Migration[], Applied[], object]>([
    ['an empty database', [file('1'), file('2')], [], pending(['1', '2'])],
    ['everything applied', [file('1'), file('2')], [row('1'), row('2')], upToDate()],
    ['one more file', [file('1'), file('2')], [row('1')], pending(['2'])],
    ['applied in another order than the names have', [file('1'), file('2')], [row('2'), row('1')], upToDate()],
    ['an empty folder and an empty history', [], [], upToDate()],
    ['an empty folder, as an image without migrations has', [], [row('1')], upToDate('1')],
    [
      'numbers after letters',
      ['V1__a', 'V9__b', 'V10__c'].map((name) => file(name)),
      [row('V1__a'), row('V9__b')],
      pending(['V10__c']),
    ],
    [
      'what was applied in the order of letters, and one more',
      ['V1__a', 'V2__b', 'V10__c', 'V11__d'].map((name) => file(name)),
      [row('V1__a'), row('V10__c'), row('V2__b')],
      pending(['V11__d']),
    ],
    ['an older image whose numbers follow letters', [file('V9__a')], [row('V9__a'), row('V10__b')], upToDate('V10__b')],
    [
      'two orders, both new',
      ['V10__b', 'V2__a', 'seed'].map((name) => file(name)),
      [],
      refused({ kind: 'twoOrders', first: 'V10__b.sql', second: 'V2__a.sql' }),
    ],
    [
      'two orders, but applied',
      ['V10__b', 'V2__a', 'seed'].map((name) => file(name)),
      [row('V10__b'), row('V2__a')],
      pending(['seed']),
    ],
    ['an older image', [file('1')], [row('1'), row('2')], upToDate('2')],
    ['an older image, a much newer schema', [file('1')], [row('1'), row('3'), row('2')], upToDate('2', '3')],
    [
      'an older image and a schema it cannot run on',
      [file('1')],
      [row('1'), row('2', { breaking: true })],
      refused({ kind: 'aheadBreaking', name: '2' }),
    ],
    [
      'the image that brought the breaking migration itself',
      [file('1'), file('2', '2', { breaking: true })],
      [row('1'), row('2', { breaking: true })],
      upToDate(),
    ],
    [
      'a breaking migration that is pending',
      [file('1'), file('2', '2', { breaking: true })],
      [row('1')],
      pending(['2']),
    ],
    [
      'an older image after a breaking one and a harmless one',
      [file('1')],
      [row('1'), row('2', { breaking: true }), row('3')],
      refused({ kind: 'aheadBreaking', name: '2' }),
    ],
    ['an edited file', [file('1', 'new text'), file('2')], [row('1')], refused(edited('1'))],
    [
      'two edited files',
      [file('1', 'new text'), file('2', 'new text')],
      [row('1'), row('2')],
      refused(edited('1'), edited('2')),
    ],
    ['a deleted file', [file('1'), file('3')], [row('1'), row('2'), row('3')], refused(missing('2'))],
    ['a deleted first file', [file('2')], [row('1'), row('2')], refused(missing('1'))],
    [
      'a renamed file',
      [file('1'), file('2_new_name'), file('3')],
      [row('1'), row('2_old_name'), row('3')],
      refused(missing('2_old_name'), outOfOrder('2_new_name', '3')),
    ],
    [
      'a file that sorts before an applied one',
      [file('1'), file('2'), file('3')],
      [row('1'), row('3')],
      refused(outOfOrder('2', '3')),
    ],
    [
      'a new file of an older branch, before what a newer version applied',
      [file('1'), file('2')],
      [row('1'), row('3')],
      refused(outOfOrder('2', '3')),
    ],
    ['a number that sorts by its value', [file('9'), file('10')], [row('9')], pending(['10'])],
    [
      'a migration that may become transactional, since nothing of it is done',
      [file('1'), file('2')],
      [row('1'), row('2', { state: 'started' })],
      pending(['2']),
    ],
    [
      'a begun migration whose directive was removed',
      [file('1'), file('2')],
      [row('1'), row('2', { state: 'started', begun: true })],
      refused({ kind: 'directiveGone', file: '2.sql' }),
    ],
    [
      'a migration that was started and not finished',
      [file('1'), file('2', '2', { transaction: false })],
      [row('1'), row('2', { state: 'started' })],
      pending(['2']),
    ],
    [
      'a started migration that was corrected since',
      [file('1'), file('2', 'corrected', { transaction: false })],
      [row('1'), row('2', { state: 'started' })],
      pending(['2']),
    ],
    [
      'a started migration, and one after it',
      [file('1'), file('2', '2', { transaction: false }), file('3')],
      [row('1'), row('2', { state: 'started' })],
      pending(['2', '3']),
    ],
    ['a started migration of a newer version', [file('1')], [row('1'), row('2', { state: 'started' })], upToDate('2')],
    [
      'a half reverted migration',
      [file('1'), file('2')],
      [row('1'), row('2', { state: 'reverting' })],
      refused({ kind: 'reverting', name: '2' }),
    ],
    ['a requirement that is applied', [file('1'), file('2', '2', { requires: ['1'] })], [row('1')], pending(['2'])],
    ['a requirement that comes before', [file('1'), file('2', '2', { requires: ['1'] })], [], pending(['1', '2'])],
    [
      'a requirement that comes after',
      [file('1', '1', { requires: ['2'] }), file('2')],
      [],
      refused({ kind: 'requires', file: '1.sql', required: '2' }),
    ],
    [
      'a requirement nobody knows',
      [file('1', '1', { requires: ['0'] })],
      [],
      refused({ kind: 'requires', file: '1.sql', required: '0' }),
    ],
    ['a baseline that covers the folder', [file('1'), file('2')], [row('1'), row('2')], upToDate()],
    ['a baseline that covers a part', [file('1'), file('2'), file('3')], [row('1'), row('2')], pending(['3'])],
    [
      'everything wrong at once',
      [file('1', 'new text'), file('2'), file('4')],
      [row('1'), row('3'), row('4'), row('5', { breaking: true })],
      refused(edited('1'), missing('3'), outOfOrder('2', '5'), { kind: 'aheadBreaking', name: '5' }),
    ],
  ])('%s', (_, folder, history, plan) => {
    expect(makePlan(folder, history)).toEqual(plan)
  })
})

describe('what somebody has decided to live with', () => {
  test.each<[Tolerance, Migration[], Applied[], object]>([
    ['edited', [file('1', 'new text'), file('2')], [row('1')], pending(['2'])],
    ['missing', [file('1'), file('3')], [row('1'), row('2')], pending(['3'])],
    ['out-of-order', [file('1'), file('2'), file('3')], [row('1'), row('3')], pending(['2'])],
    ['ahead-breaking', [file('1')], [row('1'), row('2', { breaking: true })], upToDate('2')],
  ])('--allow %s', (tolerance, folder, history, plan) => {
    expect(makePlan(folder, history, [tolerance])).toEqual(plan)
    expect(makePlan(folder, history).kind).toBe('refused')
  })
})
