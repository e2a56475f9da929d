/** Why a run ended, in the one vocabulary of log, exit code, Event, README and podFailurePolicy. */
export const exitCodes = {
  Applied: 0,
  Reverted: 0,
  UpToDate: 0,
  Pending: 10,
  Ahead: 11,
  Unfinished: 12,
  ConfigInvalid: 20,
  DatabaseUnreachable: 21,
  LockTimeout: 22,
  PlanRefused: 23,
  MigrationFailed: 24,
  WaitTimeout: 25,
  Interrupted: 143,
  Bug: 1,
} as const

export type Reason = keyof typeof exitCodes
/** States that `lotse status` tells by its exit code; no run ends with them. */
export type StateReason = 'UpToDate' | 'Pending' | 'Ahead' | 'Unfinished'
export type FailureReason = Exclude<Reason, StateReason | 'Applied' | 'Reverted'>

type Parts = {
  /** One sentence that names the thing, the place and what is wrong with it. */
  readonly summary: string
  /** Lines that explain: the source line with a caret, every single problem of a list, who holds the lock. */
  readonly details?: readonly string[]
  /** What state things are in now: what was applied before, what was rolled back. */
  readonly state?: readonly string[]
  /** The next thing to do. */
  readonly remedy: string
  readonly cause?: unknown
}

/** A run that ended without the schema the image needs, explained for the person who has to act on it. */
export class Failure extends Error {
  readonly reason: FailureReason
  readonly details: readonly string[]
  readonly state: readonly string[]
  readonly remedy: string

  constructor(reason: FailureReason, parts: Parts) {
    super(parts.summary, { cause: parts.cause })
    this.name = 'Failure'
    this.reason = reason
    this.details = parts.details ?? []
    this.state = parts.state ?? []
    this.remedy = parts.remedy
  }

  /** What it says, without its reason: for who tells it elsewhere, or adds to it. */
  get words(): { summary: string; details: readonly string[]; state: readonly string[]; remedy: string } {
    return { summary: this.message, details: this.details, state: this.state, remedy: this.remedy }
  }

  get exitCode(): number {
    return exitCodes[this.reason]
  }
}
