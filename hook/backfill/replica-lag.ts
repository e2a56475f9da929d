/** A replica as the primary sees it: bytes of WAL that it has not replayed, and the delay that it reported, in milliseconds. */
export type Replica = {
  readonly name: string
  readonly replayed: number
  readonly reported: number | undefined
}

/** Where the primary's WAL was at which time, on the clock of performance.now(). */
type Mark = { readonly at: number; readonly written: number }

/** A replica may be that many bytes behind, however short the time is: a slow line would take long for them. */
const mostBytes = 128 * 1024 * 1024

/** A replica at an earlier look. */
type Earlier = { readonly at: number; readonly written: number; readonly replayed: number }

/**
 * How far a replica would be behind at the next look, in milliseconds, if until then as much is written as since the last one: what it has
 * yet to replay, at the rate at which it has done so. 0 where it had less to replay than it could. Pure.
 */
function foreseenLag(earlier: Earlier | undefined, now: number, written: number, replayed: number): number {
  if (!earlier) return 0
  const done = replayed - earlier.replayed
  if (done <= 0 || done > earlier.written - earlier.replayed) return 0
  return ((2 * written - earlier.written - replayed) / done) * (now - earlier.at)
}

/**
 * Judges how far replicas are behind. What a replica reports stays as it was while it replays nothing (PostgreSQL docs 27.2.4), so its
 * delay is measured by what was written when; and what it has yet to replay takes it longer than it took to write. Returns a function
 * that takes a look and returns reasons to wait, in words.
 */
export function replicaWatch(maxLag: number): (now: number, written: number, replicas: readonly Replica[]) => string[] {
  let marks: readonly Mark[] = []
  const holding = new Set<string>()
  const earlier = new Map<string, Earlier>()
  return (now, written, replicas) => {
    const least = Math.min(written, ...replicas.map(({ replayed }) => replayed))
    // What every replica has replayed tells nothing more.
    marks = [...marks.filter((mark) => mark.written > least), { at: now, written }].slice(-1_000)
    return replicas.flatMap(({ name, replayed, reported = 0 }) => {
      const oldest = marks.find((mark) => mark.written > replayed)
      const behind = written - replayed
      const seen = behind <= 0 ? 0 : Math.max(reported, oldest ? now - oldest.at : 0)
      const lag = Math.max(seen, foreseenLag(earlier.get(name), now, written, replayed))
      earlier.set(name, { at: now, written, replayed })
      // Once it waits for a replica, it lets it catch up.
      const ease = holding.has(name) ? 2 : 1
      const late = lag > maxLag / ease
      if (!late && behind <= mostBytes / ease) {
        holding.delete(name)
        return []
      }
      holding.add(name)
      if (!late) return [`replica ${name} is ${Math.ceil(behind / 1024 / 1024)} MiB behind`]
      const is = seen > maxLag / ease ? 'is' : 'would soon be'
      return [`replica ${name} ${is} ${Math.ceil(lag / 1_000)} s behind`]
    })
  }
}
