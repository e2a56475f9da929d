/** How long a batch should take, in milliseconds: it holds locks of its rows for as long, and nobody is to wait for a tenth of a second. */
export const target = 70

/** However slow the server is, a batch should not take longer. Milliseconds. */
const longest = 500

/** How many round trips of a query without work a batch costs besides its rows: messages, and the processes that wait for their turn. */
const trips = 6

/**
 * How long a batch should take on a server that takes `roundTrip` milliseconds to answer a query without work. One that is so busy that
 * batches of the usual time would be all round trips gets larger ones: they burden it less. Pure.
 */
export function aimFor(roundTrip: number): number {
  return Math.min(longest, Math.max(target, trips * roundTrip))
}

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

/** After a batch of so many keys took `elapsed` of the `aim` milliseconds that it should: grows by a fifth at most, and shrinks by a half. Pure. */
export function afterBatch({ size, ramp, narrow }: Sizing, keys: number, elapsed: number, aim = target): Sizing {
  const left = Math.max(0, narrow - keys)
  const ramping = ramp && elapsed < aim / 2
  if (left > 0) return { size, ramp: ramping, narrow: left }
  // A batch that found fewer keys than it might have had says less of its time.
  if (keys < size) return { size, ramp: ramping, narrow: 0 }
  const factor = Math.min(ramping ? 2 : 1.2, Math.max(0.5, aim / Math.max(elapsed, 1)))
  // A fifth of a few rows is less than a row.
  const least = (elapsed / size) * (size + 1) <= aim ? size + 1 : 1
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
