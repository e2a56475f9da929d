import { describe, expect, test } from 'vitest'
import { checkSteps } from '../../hook/apply/refused-statements.ts'
import { type Directives, none } from '../../hook/migration/directives.ts'
import { finishPlan } from '../../hook/migration/finish-plan.ts'
import type { Applied, Migration } from '../../hook/migration/migration.ts'
import { lacking, makePlan } from '../../hook/migration/plan.ts'
import { linesOf, overallOf } from '../../hook/migration/status.ts'
import { planJson, planText } from '../../hook/report/plan.ts'
import { explainRefusal } from '../../hook/report/refusal.ts'
import { sentence } from '../../hook/report/sentences.ts'
import { statusJson, statusText } from '../../hook/report/status.ts'
import { fileOf, rowOf } from '../support/planning.ts'

const file = (name: string, directives: Partial<Directives> = {}): Migration =>
  fileOf(name, { directives: { ...none, ...directives } })
const contract = (name: string, more: Partial<Directives> = {}): Migration =>
  file(name, { phase: 'contract', breaking: true, ...more })
const backfill = (name: string, more: Partial<Directives> = {}): Migration =>
  file(name, { phase: 'backfill', backfill: { table: 't', key: 'id' }, ...more })
const row = rowOf
const rows = (...names: string[]): Applied[] => names.map((name) => row(name))

/** What a plan comes to in one line: what runs, what waits, what is ahead; or why it is refused. */
const told = (plan: ReturnType<typeof makePlan>): string => {
  if (plan.kind === 'refused')
    return plan.refusals
      .map((each) => [each.kind, 'name' in each ? each.name : 'file' in each ? each.file : ''].join(' ').trim())
      .join(', ')
  const names = (all: readonly Migration[]): string => all.map(({ name }) => name).join(' ') || '-'
  const steps = plan.kind === 'pending' ? plan.steps : []
  return `${names(steps)} | ${names(plan.deferred)} | ${plan.ahead.join(' ') || '-'}`
}

const release = [file('1'), backfill('2'), contract('3'), file('4')]

describe('what runs now, what waits for lotse finish, what is ahead', () => {
  test.each<[string, readonly Migration[], readonly Applied[], string, string]>([
    // what, folder, history, what up would do, what finish would do
    ['an empty database: everything at once, in the order of names', release, [], '1 2 3 4 | - | -', 'expandPending'],
    ['an empty database and a contract migration alone', [contract('1')], [], '1 | - | -', 'expandPending'],
    ['the first expand migration applied', release, rows('1'), '4 | 2 3 | -', 'expandPending'],
    ['all expand applied', release, rows('1', '4'), '- | 2 3 | -', '2 3 | - | -'],
    ['the backfill is done', release, rows('1', '4', '2'), '- | 3 | -', '3 | - | -'],
    ['the contract migration alone is done', release, rows('1', '4', '3'), 'outOfOrder 2', 'outOfOrder 2'],
    [
      'all done, the contract migration after a younger expand one',
      release,
      rows('1', '4', '2', '3'),
      '- | - | -',
      '- | - | -',
    ],
    ['all done in the order of names', release, rows('1', '2', '3', '4'), '- | - | -', '- | - | -'],
    [
      'a younger expand migration while others wait',
      [...release, file('5')],
      rows('1', '4'),
      '5 | 2 3 | -',
      'expandPending',
    ],
    [
      'a younger contract migration while others wait',
      [...release, contract('5')],
      rows('1', '4'),
      '- | 2 3 5 | -',
      '2 3 5 | - | -',
    ],
    [
      'a younger one of each after all is done',
      [...release, file('5'), contract('6')],
      rows('1', '4', '2', '3'),
      '5 | 6 | -',
      'expandPending',
    ],
    [
      'an expand migration that is younger than none of its phase',
      [file('1'), file('2'), contract('3')],
      rows('1', '3'),
      '2 | - | -',
      'expandPending',
    ],
    [
      'an expand migration older than one of its phase',
      [file('1'), file('2'), contract('3'), file('4')],
      rows('1', '4', '3'),
      'outOfOrder 2',
      'outOfOrder 2',
    ],
    [
      'a contract migration older than one of its phase',
      [file('1'), contract('2'), contract('3')],
      rows('1', '3'),
      'outOfOrder 2',
      'outOfOrder 2',
    ],
    [
      'a contract migration older than a done backfill',
      [file('1'), contract('2'), backfill('3')],
      rows('1', '3'),
      'outOfOrder 2',
      'outOfOrder 2',
    ],
    [
      'an interrupted contract migration without a transaction',
      [file('1'), contract('2', { transaction: false })],
      [row('1'), row('2', { state: 'started', begun: true })],
      '- | 2 | -',
      '2 | - | -',
    ],
    [
      'one whose directive was taken away meanwhile',
      [file('1'), contract('2')],
      [row('1'), row('2', { state: 'started', begun: true })],
      'directiveGone 2.sql',
      'directiveGone 2.sql',
    ],
    [
      'an edited contract migration that is applied',
      [file('1'), { ...contract('2'), checksum: 'new' }],
      rows('1', '2'),
      'edited 2',
      'edited 2',
    ],
    [
      'an edited contract migration that waits',
      [file('1'), { ...contract('2'), checksum: 'new' }],
      rows('1'),
      '- | 2 | -',
      '2 | - | -',
    ],
    ['an older image before the contract of a newer one', [file('1')], rows('1', '2'), '- | - | 2', '- | - | 2'],
    [
      'an older image with contracts of its own before that',
      [file('1'), contract('2')],
      rows('1', '3'),
      '- | 2 | 3',
      '2 | - | 3',
    ],
    [
      'an older image after the contract of a newer one',
      [file('1')],
      [row('1'), row('2', { breaking: true })],
      'aheadBreaking 2',
      'aheadBreaking 2',
    ],
    [
      'a migration that turned from expand into contract after it was applied',
      [file('1'), contract('2'), file('3')],
      rows('1', '2', '3'),
      '- | - | -',
      '- | - | -',
    ],
    ['a deleted contract migration', [file('1'), file('3')], rows('1', '3', '2'), 'missing 2', 'missing 2'],
    [
      'a half reverted contract migration',
      [file('1'), contract('2')],
      [row('1'), row('2', { state: 'reverting' })],
      'reverting 2',
      'reverting 2',
    ],
  ])('%s', (_, folder, history, up, finish) => {
    const plan = makePlan(folder, history)
    expect(told(plan)).toBe(up)
    expect(told(finishPlan(plan))).toBe(finish)
  })

  test('a first run that was interrupted goes on at once, and is refused nothing that it was promised', () => {
    const folder = [file('1'), contract('2'), file('3', { requires: ['2'] })]
    expect(told(makePlan(folder, rows('1'), [], true))).toBe('2 3 | - | -')
    expect(told(makePlan(folder, rows('1'), [], false))).toBe('requiresDeferred 3.sql')
    expect(told(makePlan(folder, rows('1', '2'), [], true))).toBe('3 | - | -')
  })
})

describe('what requires what', () => {
  const needs = (name: string, ...requires: string[]): Migration => file(name, { requires })
  test.each<[string, readonly Migration[], readonly Applied[], string]>([
    [
      'an expand one a contract one, in an empty database',
      [file('1'), contract('2'), needs('3', '2')],
      [],
      '1 2 3 | - | -',
    ],
    [
      'an expand one a contract one that waits',
      [file('1'), contract('2'), needs('3', '2')],
      rows('1'),
      'requiresDeferred 3.sql',
    ],
    [
      'an expand one a backfill that waits',
      [file('1'), backfill('2'), needs('3', '2')],
      rows('1'),
      'requiresDeferred 3.sql',
    ],
    [
      'an expand one a contract one that is applied',
      [file('1'), contract('2'), needs('3', '2')],
      rows('1', '2'),
      '3 | - | -',
    ],
    [
      'an expand one a contract one that comes after it',
      [file('1'), needs('2', '3'), contract('3')],
      [],
      'requires 2.sql',
    ],
    [
      'a contract one a backfill before it',
      [file('1'), backfill('2'), contract('3', { requires: ['2'] })],
      rows('1'),
      '- | 2 3 | -',
    ],
    [
      'a contract one a backfill after it',
      [file('1'), contract('2', { requires: ['3'] }), backfill('3')],
      rows('1'),
      'requires 2.sql',
    ],
    [
      'a contract one an expand one with a later name',
      [file('1'), contract('2', { requires: ['3'] }), file('3')],
      rows('1'),
      '3 | 2 | -',
    ],
    [
      'a contract one an expand one with a later name, at once',
      [file('1'), contract('2', { requires: ['3'] }), file('3')],
      [],
      'requires 2.sql',
    ],
    ['a contract one what nobody knows', [file('1'), contract('2', { requires: ['0'] })], rows('1'), 'requires 2.sql'],
  ])('%s', (_, folder, history, up) => {
    expect(told(makePlan(folder, history))).toBe(up)
  })

  test('the way out is said', () => {
    const plan = makePlan([file('1'), contract('2'), needs('3', '2')], rows('1'))
    expect(plan.kind === 'refused' && plan.refusals.map(explainRefusal)).toEqual([
      '3.sql requires 2, a contract migration, which runs only after a rollout: let lotse finish apply it for the version that is deployed now, then deploy this one; if that version has no 2 yet, deploy it without 3.sql first',
    ])
    const early = finishPlan(makePlan(release, rows('1')))
    expect(early.kind === 'refused' && early.refusals.map(explainRefusal)).toEqual([
      'a migration is pending that must come before the rollout: 4: run lotse up, roll out, then lotse finish',
    ])
  })
})

test('the gate waits for expand migrations alone', () => {
  expect(lacking(release, [])).toEqual(['1', '4'])
  expect(lacking(release, rows('1'))).toEqual(['4'])
  expect(lacking(release, rows('1', '4'))).toEqual([])
  expect(lacking(release, rows('1', '2', '3'))).toEqual(['4'])
})

test('log, plan and status say what waits', () => {
  const waits = '2 wait for lotse finish: 2 (backfill), 3 (contract)'
  const history = rows('1', '4')
  const plan = makePlan(release, history)
  const deferred = [
    { name: '2', phase: 'backfill' },
    { name: '3', phase: 'contract' },
  ]
  const made = { event: 'plan.made', applied: 2, deferred } as const
  expect(sentence({ ...made, pending: [] }, 'shell')).toBe(`Nothing to apply: 2 migrations applied; ${waits}`)
  expect(sentence({ ...made, pending: ['5'] }, 'shell')).toBe(`1 migration to apply, 2 applied before: 5; ${waits}`)
  expect(planText(plan, history)).toBe(`Nothing to do. The schema is what this folder needs.\n${waits}.\n`)
  expect(JSON.parse(planJson(plan, history))).toEqual({
    kind: 'upToDate',
    ahead: [],
    deferred: [
      { name: '2', file: '2.sql', phase: 'backfill' },
      { name: '3', file: '3.sql', phase: 'contract' },
    ],
  })
  const lines = linesOf(release, history, plan)
  expect(lines.map(({ name, state, phase }) => `${name} ${state} ${phase}`)).toEqual([
    '1 applied expand',
    '2 deferred backfill',
    '3 deferred contract',
    '4 applied expand',
  ])
  expect(overallOf(lines, plan)).toBe('upToDate')
  const status = { lines, details: [], overall: 'upToDate', plan, backfills: [], proven: undefined } as const
  const text = statusText(status)
  expect(text).toMatch(/^2 +waits for finish +backfill$/m)
  expect(text).toMatch(/^3 +waits for finish +contract, after 2, breaking$/m)
  expect(text.endsWith(`\nThe schema is what this folder needs.\n${waits}.\n`)).toBe(true)
  expect(JSON.parse(statusJson(status))).toMatchObject({ migrations: [{}, {}, { name: '3', after: '2' }, {}] })
  expect(statusJson(status)).not.toContain('rollout')
})

test('status says until when a rollback stays possible, while something waits for that', () => {
  const history = rows('1', '4')
  const waits = '2 wait for lotse finish: 2 (backfill), 3 (contract)'
  const plan = makePlan(release, history)
  const lines = linesOf(release, history, plan)
  const [provenAt, until, soak] = ['2026-11-27 12:00:05', '2026-11-27 13:00:05', 3_600_000]
  const proven = { version: 'c3d4', provenAt, until, soak, left: 60_000 }
  const status = { lines, details: [], overall: 'upToDate', plan, backfills: [], proven } as const
  const told =
    'The rollout of version c3d4 was complete at 2026-11-27 12:00:05 UTC; rollback stays possible until 2026-11-27 13:00:05 UTC (soak 1 h).\n'
  expect(statusText(status)).toContain(`${waits}.\n${told}`)
  expect(JSON.parse(statusJson(status)).rollout).toEqual({
    version: 'c3d4',
    provenAt: '2026-11-27T12:00:05Z',
    soak,
    rollbackUntil: '2026-11-27T13:00:05Z',
  })
  expect(statusText({ ...status, proven: { ...proven, left: 0 } })).not.toContain('rollback')
  const done = rows('1', '4', '2', '3')
  const all = makePlan(release, done)
  const nothing = { ...status, lines: linesOf(release, done, all), plan: all }
  expect(statusText(nothing) + statusJson(nothing)).not.toContain('roll')
})

test('status of a refused plan still says what would wait', () => {
  const folder = [file('1'), contract('2'), file('3', { requires: ['2'] })]
  const lines = linesOf(folder, rows('1'), makePlan(folder, rows('1')))
  expect(lines.map(({ state }) => state)).toEqual(['applied', 'deferred', 'pending'])
})

test('an empty database: plan shows the phase of each step', () => {
  const plan = makePlan(release, [])
  expect(planText(plan, [])).toMatch(/3 +3\.sql +in one transaction +contract, breaking: older versions/)
  expect(JSON.parse(planJson(plan, [])).steps.map(({ phase }: { phase: string }) => phase)).toEqual([
    'expand',
    'backfill',
    'contract',
    'expand',
  ])
})

describe('a backfill is one statement that names its batch', () => {
  const shape = async (text: string) => (await checkSteps([{ ...backfill('2'), text }])).map(explainRefusal).join('; ')
  test.each([
    ['update t set a = 1 where id between $1 and $2', ''],
    ['with b as (select id from t where id between $1 and $2) update t set a = 1 from b where b.id = t.id', ''],
    ['delete from t where id >= $1 and id <= $2;', ''],
    ['insert into u select id from t where id between $1 and $2 on conflict do nothing', ''],
    ['insert into u with b as (select 1) select * from b where 1 between $1 and $2', ''],
    ['-- why\nupdate t set a = 1;', '2.sql, line 2: name the batch by $1 and $2, both inclusive'],
    ["update t set a = '$1 and $2'", 'name the batch by $1 and $2'],
    ['update t set a = 1 where id > $1', 'name the batch by $1 and $2'],
    ['update t set a = $3 where id between $1 and $2', 'name the batch by $1 and $2'],
    ['update t set a = 1 where id between $1 and $2;\ndelete from t;', '2.sql, line 2: each batch runs one statement'],
    ['insert into t values ($1, $2)', 'a backfill is an UPDATE, a DELETE or an INSERT … SELECT'],
    ['select $1, $2', 'a backfill is an UPDATE'],
    ['alter table t add a int', 'a backfill is an UPDATE'],
    ['-- nothing', '2.sql, line 1: it has no statement'],
    // PostgreSQL explains it better.
    ['updte t', ''],
  ])('%j: %s', async (text, problem) => {
    const found = await shape(text)
    if (problem) expect(found).toContain(problem)
    else expect(found).toBe('')
  })
})
