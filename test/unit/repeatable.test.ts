import { describe, expect, test } from 'vitest'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { lacking, makePlan } from '../../hook/migration/plan.ts'
import { linesOf, overallOf } from '../../hook/migration/status.ts'
import { planText } from '../../hook/report/plan.ts'
import { statusText } from '../../hook/report/status.ts'
import { fileOf, rowOf } from '../support/planning.ts'

const file = (name: string, more: Partial<Migration> = {}): Migration =>
  fileOf(name, {
    format: 'flyway',
    ...(name.startsWith('R') ? { repeatable: true } : {}),
    ...(name.startsWith('B') ? { baseline: true } : {}),
    ...more,
  })
const row = (name: string, more: Partial<Applied> = {}): Applied =>
  rowOf(name, { ...(name.startsWith('R') ? { ran: [name] } : {}), ...more })
const steps = (folder: Migration[], history: Applied[]): unknown => {
  const plan = makePlan(folder, history)
  return plan.kind === 'pending' ? plan.steps.map(({ name }) => name) : plan.kind === 'refused' ? plan.refusals : []
}

describe('a repeatable migration', () => {
  const [one, view] = [file('V1__a'), file('R__view')]

  test('runs once, and again when its text has changed', () => {
    expect(steps([one, view], [])).toEqual(['V1__a', 'R__view'])
    expect(steps([one, view], [row('V1__a'), row('R__view')])).toEqual([])
    expect(steps([one, view], [row('V1__a'), row('R__view', { checksum: 'other', ran: ['other'] })])).toEqual([
      'R__view',
    ])
  })

  test('makes no version come out of order, and is not missing when its file is gone', () => {
    expect(steps([one, file('V2__b'), view], [row('V1__a'), row('R__view')])).toEqual(['V2__b'])
    expect(makePlan([one], [row('V1__a'), row('R__view')])).toEqual({
      kind: 'upToDate',
      ahead: ['R__view'],
      deferred: [],
    })
  })

  test('has a row of a Lotse that did not know it as such, and runs again like any other', () => {
    const plain = row('R__view', { ran: null, checksum: 'other' })
    expect(steps([one, file('V2__b'), view], [row('V1__a'), plain])).toEqual(['V2__b', 'R__view'])
  })

  test('lacks nothing for the gate of an older version, whose text it ran with before', () => {
    const newer = row('R__view', { checksum: 'newer', ran: ['R__view', 'newer'] })
    expect(lacking([one, view], [row('V1__a'), newer])).toEqual([])
    expect(lacking([one, file('R__view', { checksum: 'newest' })], [row('V1__a'), newer])).toEqual(['R__view'])
    expect(lacking([one, view], [row('V1__a')])).toEqual(['R__view'])
  })

  test('says in plan and status what it is', () => {
    const history = [row('V1__a'), row('R__view', { checksum: 'other', ran: ['other'] })]
    const plan = makePlan([one, view], history)
    expect(planText(plan, history)).toContain('repeatable: again whenever it changes')
    const lines = linesOf([one, view], history, plan)
    expect(lines.at(-1)).toMatchObject({ name: 'R__view', state: 'pending', repeatable: 'changed since it ran' })
    const overall = overallOf(lines, plan)
    expect(statusText({ lines, details: [], overall, plan, backfills: [], proven: undefined })).toMatch(
      /R__view +pending .*repeatable, changed since it ran/,
    )
  })
})

describe('a baseline of Flyway', () => {
  const folder = ['V1__a', 'V2__b', 'B2__b', 'V3__c', 'B4__d', 'V5__e'].map((name) => file(name))

  test('stands in an empty database for every version up to its own', () => {
    expect(steps(folder, [])).toEqual(['B4__d', 'V5__e'])
    expect(steps(folder, [row('B4__d'), row('V5__e')])).toEqual([])
    expect(lacking(folder, [row('B4__d')])).toEqual(['V5__e'])
  })

  test('counts for nothing where versions are applied', () => {
    expect(steps(folder, [row('V1__a'), row('V2__b')])).toEqual(['V3__c', 'V5__e'])
  })

  test('stays the beginning of a database that began with an older one', () => {
    expect(steps(folder, [row('B2__b')])).toEqual(['V3__c', 'V5__e'])
  })
})

test('what only its tool can run is refused while it is pending, and no matter once it is applied', () => {
  const program = file('2_b', { file: '2_b.go', kind: 'foreign', format: 'goose', foreign: 'is a program in Go' })
  const folder = [file('1_a', { format: 'goose' }), program]
  const foreign = { kind: 'foreign', file: '2_b.go', format: 'goose', why: 'is a program in Go' }
  expect(steps(folder, [row('1_a')])).toEqual([foreign])
  expect(steps(folder, [row('1_a'), row('2_b')])).toEqual([])
})

test('another tool’s order is its own, whatever its numbers say', () => {
  const folder = ['V10__b', 'V2__a', 'seed'].map((name) => file(name, { format: 'dbmate' }))
  expect(steps(folder, [])).toEqual(['V10__b', 'V2__a', 'seed'])
})
