import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Failure, type Remedy } from '../../hook/failure.ts'
import { leaveVerdict, readVerdict } from '../../hook/guard/verdict.ts'
import { remedyText, starterOf } from '../../hook/report/sentences.ts'

const failure = new Failure('LockTimeout', {
  summary: 'the lock is held',
  details: ['by pid 1'],
  state: ['Nothing was changed.'],
  remedy: { kind: 'runAgain', after: 'wait for it' },
  cause: 'a cause',
})

test('with() returns a failure that says more, and leaves the first as it was', () => {
  const more = failure.with({ details: ['by pid 2'], state: ['Tried twice.'] })
  expect(more).toBeInstanceOf(Failure)
  expect(more).toMatchObject({
    reason: 'LockTimeout',
    message: failure.message,
    remedy: failure.remedy,
    cause: 'a cause',
  })
  expect([more.details, more.state]).toEqual([
    ['by pid 1', 'by pid 2'],
    ['Nothing was changed.', 'Tried twice.'],
  ])
  expect([failure.details, failure.state]).toEqual([['by pid 1'], ['Nothing was changed.']])
  expect(failure.with({ remedy: 'ask', cause: 'another' })).toMatchObject({
    remedy: { kind: 'text', text: 'ask' },
    cause: 'another',
  })
})

test.each<[Remedy, string, string]>([
  [{ kind: 'text', text: 'check the host' }, 'check the host', 'check the host'],
  [
    { kind: 'correctFile', file: '1.sql' },
    'correct 1.sql, rebuild the image, and run the same helm upgrade again',
    'correct 1.sql and run lotse up again',
  ],
  [
    { kind: 'changeFiles', change: 'rename 1.sql' },
    'rename 1.sql, rebuild the image, and run the same helm upgrade again',
    'rename 1.sql and run lotse up again',
  ],
  [
    { kind: 'runAgain', after: 'free disk space' },
    'free disk space, then run the same helm upgrade again',
    'free disk space, then run lotse up again',
  ],
  [
    { kind: 'grant', statements: ['GRANT a', 'GRANT b'], as: 'owner' },
    'run GRANT a; GRANT b as owner, then run the same helm upgrade again',
    'run GRANT a; GRANT b as owner, then run lotse up again',
  ],
])('a remedy is worded for the chart and for a shell: %j', (remedy, chart, shell) => {
  expect(remedyText(remedy, starterOf({ LOTSE_RELEASE: 'shop/web' }))).toBe(chart)
  expect(remedyText(remedy, starterOf({}))).toBe(shell)
})

test('a verdict keeps the remedy, and one of an older version keeps its text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-verdict-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  leaveVerdict(folder, { kind: 'failed', failure })
  expect(readVerdict(folder)).toMatchObject({
    failure: { message: failure.message, details: failure.details, state: failure.state, remedy: failure.remedy },
  })
  const old = { kind: 'failed', reason: 'LockTimeout', summary: 's', details: [], state: [], remedy: 'wait' }
  writeFileSync(join(folder, 'verdict.json'), JSON.stringify(old))
  expect(readVerdict(folder)).toMatchObject({ failure: { remedy: { kind: 'text', text: 'wait' } } })
})
