import { parseDuration } from './duration.ts'
import type { Option } from './option.ts'
import { type OptionName, options } from './options.ts'

/** Variables of an environment, as the process has them. */
export type Env = Readonly<Record<string, string | undefined>>

/** Reads options by name. Adds what is wrong with one to the problems, with the flag or variable it came from. */
export type Reader = {
  /** From the flag, else the environment, else the default. */
  readonly text: (name: OptionName) => string
  /** The flag alone. */
  readonly flag: (name: OptionName) => string | undefined
  /** Where its value came from, for messages. */
  readonly source: (name: OptionName) => string
  /** The parts between its commas, without blanks around them. */
  readonly list: (name: OptionName) => string[]
  readonly duration: (name: OptionName, least?: number) => number
  readonly identifier: (name: OptionName) => string
  readonly isOn: (name: OptionName) => boolean
}

/** Node's timers hold 31 bits of milliseconds. */
const longest = 24 * 24 * 3_600_000

export function makeReader(
  flags: Readonly<Record<string, string | true | undefined>>,
  env: Env,
  problems: string[],
): Reader {
  const flag = (name: OptionName): string | undefined => {
    const option: Option = options[name]
    const given = flags[option.flag]
    // An empty value counts as not given: `LOTSE_TIMEOUT=` in a values file means "the default", not "no time".
    return (given === true ? option.alone : given) || undefined
  }
  const text = (name: OptionName): string => flag(name) || env[options[name].env] || options[name].fallback
  const source = (name: OptionName): string => (flag(name) ? `--${options[name].flag}` : options[name].env)
  return {
    text,
    flag,
    source,
    list: (name) =>
      text(name)
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    duration: (name, least = 1) => {
      const parsed = parseDuration(text(name))
      if (parsed !== undefined && parsed > longest) {
        problems.push(`${source(name)}: "${text(name)}" is longer than the maximum of 24 days`)
      } else if (parsed === undefined || parsed < least) {
        problems.push(`${source(name)}: "${text(name)}" is not a duration; write for example 90s, 5m or 1h30m`)
      }
      return parsed ?? 0
    },
    identifier: (name) => {
      const value = text(name)
      // PostgreSQL cuts longer names silently (NAMEDATALEN, PostgreSQL docs 4.1.1), so two long names could become one table.
      if (Buffer.byteLength(value) > 63)
        problems.push(`${source(name)}: "${value}" is longer than PostgreSQL's 63 bytes`)
      return value
    },
    isOn: (name) => {
      const value = text(name)
      if (value !== 'true' && value !== 'false') problems.push(`${source(name)}: "${value}" is neither true nor false`)
      return value === 'true'
    },
  }
}
