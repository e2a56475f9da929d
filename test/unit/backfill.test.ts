import { describe, expect, test } from 'vitest'
import { afterBatch, afterFailure, afterTimeout, aimFor, type Sizing, target } from '../../hook/backfill/batch-size.ts'
import { paceOf } from '../../hook/backfill/pace.ts'
import { replicaWatch } from '../../hook/backfill/replica-lag.ts'
import type { Backfill } from '../../hook/database/backfills.ts'
import { lostInARow } from '../../hook/database/reconnect.ts'
import { announce } from '../../hook/report/kubernetes-event.ts'
import { sentence } from '../../hook/report/sentences.ts'

describe('the size of batches', () => {
  const start: Sizing = { size: 100, ramp: true, narrow: 0 }
  /** Runs batches on a table that takes so many milliseconds a row, and as many for a batch. Returns the sizes. */
  const sizes = (perRow: number, perBatch: number, batches: number): number[] => {
    let sizing = start
    return Array.from({ length: batches }, () => {
      sizing = afterBatch(sizing, sizing.size, perBatch + sizing.size * perRow)
      return sizing.size
    })
  }

  test.each([
    [0.002, 5],
    [0.02, 5],
    [0.5, 5],
    [5, 5],
    [30, 5],
  ])('%d ms a row and %d ms a batch: it comes to the target and stays there', (perRow, perBatch) => {
    const taken = sizes(perRow, perBatch, 60).map((size) => perBatch + size * perRow)
    for (const each of taken.slice(-20)) expect(each).toBeLessThanOrEqual(Math.max(target * 1.25, perRow + perBatch))
    if (perRow < 10) for (const each of taken.slice(-20)) expect(each).toBeGreaterThan(target * 0.6)
    // A jump is what an application notices.
    for (const [index, each] of taken.entries())
      expect(each).toBeLessThanOrEqual(2 * Math.max(target, taken[index - 1] ?? 100 * perRow + perBatch))
  })

  test('it doubles at the start, then grows by a fifth at most, and shrinks by a half at most', () => {
    expect(afterBatch(start, 100, 1)).toEqual({ size: 200, ramp: true, narrow: 0 })
    expect(afterBatch(start, 100, target / 2)).toEqual({ size: 120, ramp: false, narrow: 0 })
    expect(afterBatch({ ...start, ramp: false }, 100, 1)).toEqual({ size: 120, ramp: false, narrow: 0 })
    expect(afterBatch(start, 100, 10_000)).toEqual({ size: 50, ramp: false, narrow: 0 })
    expect(afterBatch({ ...start, size: 1 }, 1, 10_000).size).toBe(1)
    expect(afterBatch({ ...start, size: 100_000 }, 100_000, 1).size).toBe(100_000)
    // The last few rows of a table say nothing.
    expect(afterBatch(start, 7, 1)).toEqual({ size: 100, ramp: true, narrow: 0 })
  })

  test('where a query without work takes as long as a batch should, batches stay worth their round trips', () => {
    expect([0.2, 4, 11].map(aimFor)).toEqual([target, target, target])
    expect([30, 400].map(aimFor)).toEqual([180, 500])
    // Three messages of 40 ms, and a row that takes a tenth of a millisecond.
    let [sizing, rows]: [Sizing, number] = [{ size: 500, ramp: false, narrow: 0 }, 0]
    for (let batch = 0; batch < 40; batch++) {
      rows = sizing.size
      sizing = afterBatch(sizing, rows, 80 + rows * 0.1, aimFor(40))
    }
    expect(rows).toBeGreaterThan(1_000)
  })

  test('after a timeout it is half, and grows slowly', () => {
    expect(afterTimeout(start)).toEqual({ size: 50, ramp: false, narrow: 0 })
    expect(afterTimeout({ ...start, size: 1 }).size).toBe(1)
  })

  test('a row that fails is found in twice as many steps as it takes to halve a batch, and nothing grows on the way', () => {
    for (const bad of [0, 1, 499, 500, 998, 999]) {
      let [sizing, at, steps]: [Sizing, number, number] = [{ size: 1_000, ramp: false, narrow: 0 }, 0, 0]
      for (; ; steps++) {
        if (at <= bad && bad < at + sizing.size) {
          if (sizing.size === 1) break
          sizing = afterFailure(sizing)
        } else {
          at += sizing.size
          sizing = afterBatch(sizing, sizing.size, 1)
        }
      }
      expect(at).toBe(bad)
      expect(steps).toBeLessThan(40)
    }
  })
})

describe('how far replicas are behind', () => {
  const replica = (replayed: number, reported?: number) => ({ name: 'r1', replayed, reported })
  const mebibyte = 1024 * 1024

  test('a replica that replays nothing is behind by the time since what it has was written, whatever it reports', () => {
    const look = replicaWatch(10_000)
    expect(look(0, 1_000, [replica(1_000)])).toEqual([])
    expect(look(1_000, 5_000, [replica(1_000, 5)])).toEqual([])
    expect(look(9_000, 9_000, [replica(1_000, 5)])).toEqual([])
    expect(look(15_000, 9_000, [replica(1_000, 5)])).toEqual(['replica r1 is 14 s behind'])
    // It is let catch up before the backfill goes on.
    expect(look(16_000, 9_000, [replica(6_000, 5)])).toEqual(['replica r1 is 7 s behind'])
    expect(look(17_000, 9_000, [replica(9_000, 5)])).toEqual([])
  })

  test('nothing is written, and a replica has all of it: it is not behind, however long ago that was', () => {
    const look = replicaWatch(1_000)
    for (const now of [0, 5_000, 60_000]) expect(look(now, 700, [replica(700, 30_000)])).toEqual([])
  })

  test('a slow line is told by its bytes, another replica does not count for it', () => {
    const look = replicaWatch(10_000)
    const fast = { name: 'r2', replayed: 400 * mebibyte, reported: 3 }
    expect(look(0, 400 * mebibyte, [replica(200 * mebibyte), fast])).toEqual(['replica r1 is 200 MiB behind'])
    expect(look(1_000, 400 * mebibyte, [replica(300 * mebibyte), fast])).toEqual(['replica r1 is 100 MiB behind'])
    expect(look(2_000, 400 * mebibyte, [replica(340 * mebibyte), fast])).toEqual([])
  })

  test('a replica that replays half of what a backfill writes stays within its limit', () => {
    const look = replicaWatch(2_000)
    const [writes, replays] = [8_000, 4_000]
    let [written, replayed, holds, most] = [0, 0, 0, 0]
    const history: { at: number; written: number }[] = []
    let held = false
    for (let now = 0; now < 60_000; now += 50) {
      if (now % 500 === 0) {
        held = look(now, written, [replica(replayed)]).length > 0
        if (held) holds++
      }
      if (!held) written += writes * 50
      history.push({ at: now, written })
      replayed = Math.min(written, replayed + replays * 50)
      const oldest = history.find((each) => each.written > replayed)
      if (oldest) most = Math.max(most, now - oldest.at)
    }
    expect(most).toBeLessThanOrEqual(2_000)
    expect(holds).toBeGreaterThan(20)
    // It is kept busy, too.
    expect(replayed / (replays * 60_000)).toBeGreaterThan(0.8)
  })

  test('a replica that had little to replay is not taken for a slow one when much is written', () => {
    const look = replicaWatch(2_000)
    for (let now = 0; now < 5_000; now += 500) expect(look(now, now, [replica(Math.max(0, now - 10))])).toEqual([])
    expect(look(5_000, 50 * mebibyte, [replica(4_990)])).toEqual([])
  })

  test('what it reports counts as well, and it keeps no marks without end', () => {
    const look = replicaWatch(10_000)
    expect(look(0, 2_000, [replica(1_000, 12_500)])).toEqual(['replica r1 is 13 s behind'])
    for (let now = 0; now < 5_000; now++) look(now, now, [replica(0)])
    expect(look(5_000, 5_000, [replica(5_000)])).toEqual([])
  })
})

test('progress has a rate, a share and the time that is left, and no share where more rows came than were counted', () => {
  let now = 0
  const row = { keys_done: '1000', keys_expected: '10000' } as Backfill
  const pace = paceOf(row, () => now)
  expect(pace.isWorthTelling()).toBe(false)
  now = 2_000
  pace.add(2_000)
  expect(pace.isWorthTelling()).toBe(true)
  expect(pace.told()).toEqual({ keys: 3_000, share: 0.3, rate: 1_000, left: 7_000, milestone: false })
  now = 700_000
  pace.add(9_000)
  expect(pace.told()).toMatchObject({ keys: 12_000, share: undefined, left: undefined, milestone: true })
})

test('what a backfill tells reads well, in the log and as an Event', () => {
  const name = '011_fill'
  const told = (event: Parameters<typeof sentence>[0]): string => sentence(event, 'shell')
  expect(told({ event: 'backfill.started', name, table: 'users', keys: 0, expected: 1_234_567 })).toBe(
    'Backfill 011_fill begins in users, about 1,234,567 rows',
  )
  expect(told({ event: 'backfill.started', name, table: 'users', keys: 0 })).toBe('Backfill 011_fill begins in users')
  expect(told({ event: 'backfill.started', name, table: 'users', keys: 1_200, expected: 5_000 })).toBe(
    'Backfill 011_fill goes on in users, after 1,200 of about 5,000 rows',
  )
  const progress = {
    event: 'backfill.progress',
    name,
    keys: 450_000,
    share: 0.459,
    rate: 25_100,
    left: 21_000,
    size: 900,
  } as const
  expect(told({ ...progress, milestone: false })).toBe(
    '  011_fill: 450,000 rows (45 %), 25,100 rows/s, about 21 s left',
  )
  expect(announce({ ...progress, milestone: false })).toBeUndefined()
  expect(announce({ ...progress, milestone: true })).toMatchObject({ type: 'Normal', reason: 'BackfillProgress' })
  const holding = { event: 'backfill.holding', name, reasons: ['replica r1 is 14 s behind'], elapsed: 12_000 } as const
  expect(told(holding)).toBe('  011_fill holding: replica r1 is 14 s behind (for 12 s)')
  expect(told({ event: 'backfill.finished', name, keys: 10, rows: 7 })).toBe(
    'Backfill 011_fill is through: 10 rows seen, 7 changed',
  )
})

test('connections that are lost in a row count, not those of a night', () => {
  expect(lostInARow(2, 1_000)).toBe(3)
  expect(lostInARow(3, 3_600_000)).toBe(1)
})
