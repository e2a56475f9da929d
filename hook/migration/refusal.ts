import type { FormatName } from '../config/config.ts'
import type { Lost } from '../sql/settings.ts'
import type { Edited } from './conditions.ts'
import type { Phase } from './directives.ts'

/** Why a plan is refused: history and folder contradict each other in a way that only a person can settle. */
export type Refusal =
  | Edited
  | { readonly kind: 'conditionAlone'; readonly file: string; readonly of: string }
  | { readonly kind: 'asksNothing'; readonly file: string; readonly line: number; readonly statement?: string }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'outOfOrder'; readonly name: string; readonly file: string; readonly after: string }
  | { readonly kind: 'twoOrders'; readonly first: string; readonly second: string }
  | { readonly kind: 'aheadBreaking'; readonly name: string }
  | { readonly kind: 'otherRelease'; readonly release: string; readonly names: readonly string[] }
  | {
      /** Another tool has migrated this database; `tools` and `from` have several where its table does not tell whose it is. */
      readonly kind: 'otherHistory'
      readonly tools: readonly string[]
      /** What `lotse adopt --from` takes for it; empty for a tool that it does not know. */
      readonly from: readonly string[]
      readonly table: string
      readonly applied: number
      readonly newest: string
    }
  | {
      /** The table of another tool, which the role may not read. */
      readonly kind: 'otherHistoryHidden'
      readonly tools: readonly string[]
      readonly table: string
      readonly grants: readonly string[]
      readonly owners: readonly string[]
    }
  | {
      /** Pending here, and applied by a tool whose history was taken over before. */
      readonly kind: 'appliedByOther'
      readonly file: string
      readonly tool: string
      readonly from: string
      readonly table: string
    }
  | { readonly kind: 'requires'; readonly file: string; readonly required: string }
  | {
      /** Needed before the rollout, and left for after it. */
      readonly kind: 'requiresDeferred'
      readonly file: string
      readonly required: string
      readonly phase: Phase
    }
  /** What runs after the rollout cannot run before what has to be there for the rollout. */
  | { readonly kind: 'expandPending'; readonly names: readonly string[] }
  | { readonly kind: 'reverting'; readonly name: string }
  | { readonly kind: 'foreign'; readonly file: string; readonly format: FormatName; readonly why: string }
  | { readonly kind: 'directiveGone'; readonly file: string }
  | { readonly kind: 'needsNoTransaction'; readonly file: string; readonly line: number; readonly statement: string }
  | { readonly kind: 'controlsTransaction'; readonly file: string; readonly line: number; readonly statement: string }
  | { readonly kind: 'setting'; readonly file: string; readonly line: number; readonly lost: Lost }
  | { readonly kind: 'reversal'; readonly file: string; readonly line: number; readonly mark: string }
  | { readonly kind: 'unnamedIndex'; readonly file: string; readonly line: number }
  | {
      readonly kind: 'backfillShape'
      readonly file: string
      readonly line: number
      readonly fault: 'noBatch' | 'upBeside' | 'none' | 'several' | 'other' | 'unbounded'
    }
  | { readonly kind: 'syntax'; readonly file: string; readonly line: number; readonly message: string }
