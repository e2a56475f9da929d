import { setTimeout as delay } from 'node:timers/promises'

/** What one look found: what was waited for, or what it is like meanwhile. */
export type Look<Found, State> =
  | { readonly kind: 'found'; readonly value: Found }
  | { readonly kind: 'waiting'; readonly state: State }

/** How waiting ended; `elapsed` is milliseconds since the first look began. */
export type Polled<Found, State> =
  | { readonly kind: 'found'; readonly value: Found; readonly elapsed: number }
  | { readonly kind: 'timeout'; readonly state: State; readonly elapsed: number }

export type Wait<State> = {
  /** Milliseconds after which waiting is over; Infinity for waiting that only the signal ends. */
  readonly budget: number
  readonly signal: AbortSignal
  /** Milliseconds until the next look, after so many looks. Some of it should be random, so that many pods do not ask at once. */
  readonly pause: (looks: number) => number
  /** Tells what is waited for: after the first look, and again when nothing was told for 10 s, or at once when its `identity` changes. */
  readonly report: (state: State, elapsed: number) => void | Promise<void>
  readonly identity?: (state: State) => unknown
}

/** How long a person who waits is left without a word. Milliseconds. */
const reportPeriod = 10_000

/**
 * Looks again and again until something is found or the budget leaves no room for another look; `left` is what remains of it,
 * in milliseconds. Throws what a look throws, and the signal's reason when it aborts.
 */
export async function poll<Found, State>(
  { budget, signal, pause, report, identity = () => undefined }: Wait<State>,
  look: (left: number) => Promise<Look<Found, State>>,
): Promise<Polled<Found, State>> {
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  let reported = { at: Number.NEGATIVE_INFINITY, identity: undefined as unknown }
  for (let looks = 1; ; looks++) {
    signal.throwIfAborted()
    const seen = await look(budget - elapsed())
    if (seen.kind === 'found') return { ...seen, elapsed: elapsed() }
    const wait = pause(looks)
    if (elapsed() + wait > budget) return { kind: 'timeout', state: seen.state, elapsed: elapsed() }
    if (elapsed() - reported.at > reportPeriod || identity(seen.state) !== reported.identity) {
      reported = { at: elapsed(), identity: identity(seen.state) }
      await report(seen.state, elapsed())
    }
    await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
