import type { Backfill } from '../database/backfills.ts'
import { shareOf } from '../report/backfill.ts'

/** How often progress is told, and how often as a milestone, for those who read only now and then. Milliseconds. */
const period = 1_000
const milestonePeriod = 600_000

/** Progress for people: keys that are done, their share of all, keys a second, and milliseconds that are left at that rate. */
export type Pace = {
  readonly keys: () => number
  readonly expected: number | undefined
  readonly add: (keys: number) => void
  /** Whether a second has passed since it was told. */
  readonly isWorthTelling: () => boolean
  readonly told: () => Told
}

export type Told = {
  readonly keys: number
  readonly share: number | undefined
  readonly rate: number
  readonly left: number | undefined
  readonly milestone: boolean
}

/** Measures a backfill from where it stands. The rate is that of about the last half minute. */
export function paceOf({ keys_done, keys_expected }: Backfill, now: () => number): Pace {
  let keys = Number(keys_done)
  const expected = keys_expected === null ? undefined : Number(keys_expected)
  let [added, told, milestone, rate] = [0, now(), now(), 0]
  return {
    keys: () => keys,
    expected,
    add: (more) => {
      keys += more
      added += more
    },
    isWorthTelling: () => now() - told >= period,
    told: () => {
      const seconds = Math.max(0.001, (now() - told) / 1_000)
      const weight = rate === 0 ? 1 : Math.min(1, seconds / 15)
      rate = rate * (1 - weight) + (added / seconds) * weight
      ;[added, told] = [0, now()]
      const isMilestone = told - milestone >= milestonePeriod
      if (isMilestone) milestone = told
      const share = shareOf(keys, expected)
      const left =
        share === undefined || rate === 0 || expected === undefined ? undefined : ((expected - keys) / rate) * 1_000
      return { keys, share, rate: Math.round(rate), left, milestone: isMilestone }
    },
  }
}
