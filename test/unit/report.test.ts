import { expect, test } from 'vitest'
import type { Event } from '../../hook/event.ts'
import { Failure } from '../../hook/failure.ts'
import { makeLog } from '../../hook/report/log.ts'
import { describeFailure } from '../../hook/report/sentences.ts'
import { fitTerminationMessage } from '../../hook/report/termination-message.ts'

const failure = new Failure('MigrationFailed', {
  summary: '002_b.sql, line 1, column 8: syntax error at or near "x" (SQLSTATE 42601)',
  details: ['1 | select x x x', '  |          ^'],
  state: ['002_b.sql was rolled back and left nothing behind.'],
  remedy: { kind: 'correctFile', file: '002_b.sql' },
})

test('a failure says what, where, why, what state things are in and what to do', () => {
  expect(describeFailure(failure, 'chart')).toMatchInlineSnapshot(`
    "MigrationFailed: 002_b.sql, line 1, column 8: syntax error at or near "x" (SQLSTATE 42601)
      1 | select x x x
        |          ^
    002_b.sql was rolled back and left nothing behind.
    Next: correct 002_b.sql, rebuild the image, and run the same helm upgrade again. (exit code 24)"
  `)
})

test.each(['a', 'ä', '漢', '🦀'])(
  'a termination message of %s keeps head and tail in 2,000 characters and 4,096 bytes',
  (letter) => {
    const message = fitTerminationMessage(`first line\n${letter.repeat(9_000)}\nlast line`)
    expect([...message].length).toBeLessThanOrEqual(2_000)
    expect([...message].length).toBeGreaterThan(900)
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4_096)
    expect(message).toMatch(/^first line\n/)
    expect(message).toMatch(/\n\[…\]\n/)
    expect(message).toMatch(/\nlast line$/)
  },
)

test('the same events become text or JSON', async () => {
  const event: Event = { event: 'migration.applied', name: '001_a', direction: 'up', elapsed: 1_234 }
  const lines: string[] = []
  const sink = { write: (line: string) => void lines.push(line), isTerminal: false }
  for (const format of ['text', 'json'] as const) (await makeLog(format, sink, 'chart'))(event)
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d Applied {2}001_a in 1.2 s\n$/)
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    level: 'info',
    event: 'migration.applied',
    name: '001_a',
    elapsed: 1_234,
  })
})

test('a failure in JSON carries reason, exit code and every line', async () => {
  const lines: string[] = []
  const sink = { write: (line: string) => void lines.push(line), isTerminal: false }
  const emit = await makeLog('json', sink, 'chart')
  emit({ event: 'run.failed', failure, elapsed: 5 })
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    event: 'run.failed',
    reason: 'MigrationFailed',
    exitCode: 24,
    summary: failure.message,
    details: failure.details,
    state: failure.state,
    remedy: 'correct 002_b.sql, rebuild the image, and run the same helm upgrade again',
  })
})

test('on a terminal the progress of a long migration is drawn over, elsewhere it is a line now and then', async () => {
  const events: Event[] = [1_000, 6_000, 7_000].map((elapsed) => ({
    event: 'migration.progress',
    name: '002_index',
    elapsed,
    blockers: [],
    progress: 'building index: scanning table 42 %',
  }))
  const written = async (isTerminal: boolean): Promise<string> => {
    const parts: string[] = []
    const emit = await makeLog('text', { write: (part) => void parts.push(part), isTerminal }, 'shell')
    for (const event of [
      ...events,
      { event: 'migration.applied', name: '002_index', direction: 'up', elapsed: 8_000 } as const,
    ])
      emit(event)
    return parts
      .join('')
      .replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')
      .replaceAll('\r\u001b[2K', '<over>')
      .replaceAll('\u001b[?7l', '<cut>')
      .replaceAll('\u001b[?7h', '<uncut>')
  }
  const line = (seconds: number): string =>
    `TIME   002_index has been running for ${seconds} s: building index: scanning table 42 %`
  const drawn = (seconds: number): string => `<cut>${line(seconds)}<uncut><over>`
  expect(await written(true)).toBe(`${drawn(1)}${drawn(6)}${drawn(7)}TIME Applied  002_index in 8 s\n`)
  expect(await written(false)).toBe(`${line(6)}\nTIME Applied  002_index in 8 s\n`)
})
