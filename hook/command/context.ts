import type { Progress } from '../apply/work.ts'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import type { Emit } from '../event.ts'
import type { Failure } from '../failure.ts'

/** What every verb works with. */
export type Context = {
  readonly config: Config
  /** Aborts when the verb has to end early, with the Failure to end with. */
  readonly signal: AbortSignal
  /** Ends the verb with this failure after so many milliseconds. */
  readonly failAfter: (milliseconds: number, failure: Failure) => void
  readonly emit: Emit
  readonly print: (text: string) => void
  readonly env: Env
  readonly progress: Progress
}
