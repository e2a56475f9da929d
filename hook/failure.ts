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

/** The next thing to do, as data: hook/report/sentences.ts words it for the place where Lotse runs. */
export type Remedy =
  | { readonly kind: 'text'; readonly text: string }
  /** Correct a file, then run again. */
  | { readonly kind: 'correctFile'; readonly file: string }
  /** Change files in another way, then run again. `change` is an imperative. */
  | { readonly kind: 'changeFiles'; readonly change: string }
  /** Change something outside of the files, then run again. `after` is an imperative. */
  | { readonly kind: 'runAgain'; readonly after: string }
  /** Take over what another tool has recorded, then run again. Several `from` when its table does not tell whose it is. */
  | { readonly kind: 'adopt'; readonly from: readonly string[] }
  /** Leave the database to the tool that migrates it, or say what it already has. */
  | { readonly kind: 'otherTool'; readonly tool: string }
  /** SQL for a role that may run it, then run again. */
  | { readonly kind: 'grant'; readonly statements: readonly string[]; readonly as: string }

type Parts = {
  /** One sentence that names the thing, the place and what is wrong with it. */
  readonly summary: string
  /** Lines that explain: the source line with a caret, every single problem of a list, who holds the lock. */
  readonly details?: readonly string[]
  /** What state things are in now: what was applied before, what was rolled back. */
  readonly state?: readonly string[]
  /** The next thing to do; a plain text is the same wherever Lotse runs. */
  readonly remedy: string | Remedy
  readonly cause?: unknown
}

/** A run that ended without the schema the image needs, explained for the person who has to act on it. */
export class Failure extends Error {
  readonly reason: FailureReason
  readonly details: readonly string[]
  readonly state: readonly string[]
  readonly remedy: Remedy

  constructor(reason: FailureReason, parts: Parts) {
    super(parts.summary, { cause: parts.cause })
    this.name = 'Failure'
    this.reason = reason
    this.details = parts.details ?? []
    this.state = parts.state ?? []
    this.remedy = typeof parts.remedy === 'string' ? { kind: 'text', text: parts.remedy } : parts.remedy
  }

  /** The same failure with more details and state, or another remedy or cause. Nothing is changed in place. */
  with({
    details = [],
    state = [],
    remedy = this.remedy,
    cause = this.cause,
  }: Partial<Omit<Parts, 'summary'>>): Failure {
    return new Failure(this.reason, {
      summary: this.message,
      details: [...this.details, ...details],
      state: [...this.state, ...state],
      remedy,
      cause,
    })
  }

  /** What it says, without its reason: for whoever reports it elsewhere. */
  get words(): { summary: string; details: readonly string[]; state: readonly string[]; remedy: Remedy } {
    return { summary: this.message, details: this.details, state: this.state, remedy: this.remedy }
  }

  get exitCode(): number {
    return exitCodes[this.reason]
  }
}
