import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../hook/config/duration.ts'

test.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['5', undefined],
  ['', undefined],
  ['5 m', undefined],
  ['-5m', undefined],
  ['five minutes', undefined],
])('"%s" is %s milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  [12.4, '12 ms'],
  [1_234, '1.2 s'],
  [60_000, '1 min'],
  [271_000, '4 min 31 s'],
  [7_500_000, '2 h 5 min'],
  [7_200_000, '2 h'],
])('%s milliseconds are "%s"', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
