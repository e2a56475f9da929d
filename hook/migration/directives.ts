import { parseDuration } from '../config/duration.ts'
import type { Acceptance } from './finding.ts'
import { nameOf } from './name.ts'

/** What the head of a file says about how to run it. Durations are milliseconds. */
export type Directives = {
  /** `no-transaction` turns it off: statements run one by one and each is remembered. */
  readonly transaction: boolean
  /** The previous version of the application cannot run on the schema this makes: an older image refuses to meet it. */
  readonly breaking: boolean
  /** When it runs: before the rollout, or after it, once no pod of an older version is left (`lotse finish`). */
  readonly phase: Phase
  /** Older versions can run after this contract migration; without the word it is breaking. */
  readonly compatible: boolean
  /** The table that a backfill goes through, and the column by whose order it does, as they are written. */
  readonly backfill: Backfilled | undefined
  /** Migrations that must be applied before this one. */
  readonly requires: readonly string[]
  /** Findings of a check that the file accepts. Whether there are such rules is known where they are. */
  readonly accepts: readonly Acceptance[]
  readonly lockTimeout: number | undefined
  readonly statementTimeout: number | undefined
}

export type Phase = 'expand' | 'contract' | 'backfill'

export type Backfilled = {
  readonly table: string
  readonly key: string
  /** How far a replica may be behind, in milliseconds, before the backfill waits for it. */
  readonly maxLag?: number
  /** A condition in SQL while which it pauses. */
  readonly pauseWhen?: string
}

/** A batch of a backfill: the first key and the last one, both of it, as PostgreSQL writes them. */
export type Batch = { readonly from: string; readonly to: string }

export const none: Directives = {
  transaction: true,
  breaking: false,
  phase: 'expand',
  compatible: false,
  backfill: undefined,
  requires: [],
  accepts: [],
  lockTimeout: undefined,
  statementTimeout: undefined,
}

const known =
  'no-transaction, breaking, phase contract, compatible, backfill TABLE(KEY), pause-when CONDITION, max-lag 10s, requires NAME, accept RULE: REASON, lock-timeout 5s, statement-timeout 1h'

/** A comment that somebody meant as a directive: without the colon, or in a block comment. */
const nearMiss =
  /^\s*(--|\/\/|\/\*)\s*lotse\s*:?\s*(no-transaction|breaking|phase|compatible|backfill|pause-when|max-lag|requires|accept|lock-timeout|statement-timeout)\b/i

/** White space and comments before the first statement. */
const leading = /^(?:\s+|--.*|\/\/.*|\/\*[\s\S]*?\*\/)*/

/** A table, its schema where it has one, and its columns, as SQL writes names. */
const batched =
  /^backfill\s+((?:(?:[^\W\d][\w$]*|"[^"]+")\.)?(?:[^\W\d][\w$]*|"[^"]+"))\s*\(\s*([^\W\d][\w$]*|"[^"]+")\s*(,.*)?\)$/

/**
 * Reads the `-- lotse:` comments (`// lotse:` in scripts) at the head of a file, before its first statement.
 * Adds to `problems` what is unknown, malformed, or stands too late to be meant.
 */
export function parseDirectives(text: string, file: string, problems: string[]): Directives {
  if (!/lotse/i.test(text)) return none
  const found: { -readonly [Key in keyof Directives]: Directives[Key] } = { ...none }
  const manners: { maxLag?: number; pauseWhen?: string } = {}
  const endOfHead = leading.exec(text)?.[0].length ?? 0
  let at = 0
  for (const [index, line] of text.split('\n').entries()) {
    const head = at < endOfHead
    at += line.length + 1
    const directive = /^\s*(?:--|\/\/)\s*lotse:\s*(.*?)\s*$/i.exec(line)?.[1]
    const problem = (what: string): void => void problems.push(`${file}, line ${index + 1}: ${what}`)
    if (directive === undefined) {
      if (head && nearMiss.test(line))
        problem(`${line.trim()} looks like a directive but is not; write it as "-- lotse: DIRECTIVE"`)
      continue
    }
    if (!head) {
      problem(`"lotse: ${directive}" stands after the first statement; move it to the head of the file`)
      continue
    }
    const [word = '', argument, ...rest] = directive.split(/\s+/)
    const duration = (): number | undefined => {
      const value = parseDuration(argument ?? '')
      if (value === undefined || value === 0 || rest.length > 0)
        problem(`"lotse: ${directive}" needs one duration, such as ${word} 5s`)
      return value
    }
    switch (word) {
      case 'no-transaction':
        found.transaction = false
        break
      case 'breaking':
        found.breaking = true
        break
      case 'phase':
        if (argument === 'expand' || argument === 'contract') found.phase = argument
        if (!['expand', 'contract'].includes(argument ?? '') || rest.length > 0)
          problem(
            `"lotse: ${directive}" needs one phase: phase contract runs after the rollout, phase expand before it`,
          )
        break
      case 'compatible':
        found.compatible = true
        break
      case 'backfill': {
        const [, table, key, others] = batched.exec(directive) ?? []
        if (others)
          problem(`"lotse: ${directive}": a backfill goes by one column; name one with a unique index of its own`)
        else if (table && key) found.backfill = { table, key }
        else problem(`"lotse: ${directive}" needs a table and its key: backfill orders(id)`)
        break
      }
      case 'pause-when':
        if (argument) manners.pauseWhen = directive.slice(word.length).trim()
        else problem(`"lotse: ${directive}" needs a condition in SQL: pause-when exists (select from sales where open)`)
        break
      case 'max-lag':
        manners.maxLag = duration() ?? 0
        break
      case 'requires':
        if (argument && rest.length === 0) found.requires = [...found.requires, nameOf(argument)]
        else problem(`"lotse: ${directive}" needs the name of one migration`)
        break
      case 'accept': {
        const [, rule, reason] = /^accept\s+([\w-]+)\s*:\s*(.+)$/.exec(directive) ?? []
        if (rule && reason) found.accepts = [...found.accepts, { rule, reason }]
        else problem(`"lotse: ${directive}" needs a rule and a reason: accept RULE: why it is fine here`)
        break
      }
      case 'lock-timeout':
        found.lockTimeout = duration()
        break
      case 'statement-timeout':
        found.statementTimeout = duration()
        break
      default:
        problem(`"${directive}" is not a Lotse directive; known directives: ${known}`)
    }
    if (['no-transaction', 'breaking', 'compatible'].includes(word) && argument)
      problem(`"lotse: ${directive}": ${word} takes no argument`)
  }
  const [manner] = Object.keys(manners)
  if (found.backfill) found.backfill = { ...found.backfill, ...manners }
  else if (manner) problems.push(`${file}: "${manner === 'maxLag' ? 'max-lag' : 'pause-when'}" belongs to a backfill`)
  return { ...found, ...phaseOf(found, (what) => problems.push(`${file}: ${what}`)) }
}

/** What the directives about phases come to together. A contract migration takes away what older versions use, unless it says otherwise. */
function phaseOf(
  { phase, compatible, breaking, backfill, transaction }: Directives,
  problem: (what: string) => void,
): Pick<Directives, 'phase' | 'breaking'> {
  if (compatible && breaking) problem('"compatible" and "breaking" contradict each other; keep one')
  else if (compatible && phase !== 'contract')
    problem('"compatible" belongs to "phase contract": any other migration is compatible unless it says "breaking"')
  if (!backfill) return { phase, breaking: breaking || (phase === 'contract' && !compatible) }
  if (phase === 'contract') problem('"phase contract" is too much: a backfill runs after the rollout by itself')
  if (!transaction) problem('"no-transaction" is too much: each batch of a backfill is a transaction of its own')
  return { phase: 'backfill', breaking }
}
