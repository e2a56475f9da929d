/** How long a batch should take, in milliseconds: it holds locks of its rows for as long, and nobody is to wait for a tenth of a second. */
export const target = 70

/** No batch has more rows than that, however quick they are. */
const most = 100_000

/** What is known of the sizing of batches. */
export type Sizing = {
  /** Keys of the next batch. */
  readonly size: number
  /** At the start it doubles, until a batch takes half of its time. */
  readonly ramp: boolean
  /** Keys to go before it may grow again, since one of them has failed. */
  readonly narrow: number
}

/** After a batch of so many keys took so many milliseconds: grows by a fifth at most, and shrinks by a half. Pure. */
export function afterBatch({ size, ramp, narrow }: Sizing, keys: number, elapsed: number): Sizing {
  const left = Math.max(0, narrow - keys)
  const ramping = ramp && elapsed < target / 2
  if (left > 0) return { size, ramp: ramping, narrow: left }
  // A batch that found fewer keys than it might have had says less of its time.
  if (keys < size) return { size, ramp: ramping, narrow: 0 }
  const factor = Math.min(ramping ? 2 : 1.2, Math.max(0.5, target / Math.max(elapsed, 1)))
  // A fifth of a few rows is less than a row.
  const least = (elapsed / size) * (size + 1) <= target ? size + 1 : 1
  return { size: Math.min(most, Math.max(least, Math.floor(size * factor))), ramp: ramping, narrow: 0 }
}

/** After a batch that somebody was in the way of, or that took too long: half of it. Pure. */
export function afterTimeout({ size }: Sizing): Sizing {
  return { size: Math.max(1, Math.floor(size / 2)), ramp: false, narrow: 0 }
}

/** After a batch in which a row failed: half of it, until only that row is left. Pure. */
export function afterFailure({ size, narrow }: Sizing): Sizing {
  return { size: Math.max(1, Math.floor(size / 2)), ramp: false, narrow: Math.max(narrow, size) }
}
