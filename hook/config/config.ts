import { Failure } from '../failure.ts'
import { parseArguments } from './arguments.ts'
import type { CommandName } from './commands.ts'
import { type Database, type Env, parseDatabase } from './database.ts'
import { parseDuration } from './duration.ts'
import { type OptionName, options } from './options.ts'
import { isTolerance, type Tolerance, tolerances } from './tolerance.ts'

/** What a run was asked to do. Parsed once, trusted afterwards. Budgets are milliseconds. */
export type Config = {
  readonly database: Database
  readonly migrations: string
  readonly history: { readonly schema: string; readonly table: string }
  readonly budget: Budget
  readonly allow: readonly Tolerance[]
  readonly logFormat: LogFormat
  readonly release: string | undefined
  readonly pod: string | undefined
  readonly terminationLog: string | undefined
}

export type Budget = {
  readonly run: number
  readonly connect: number
  readonly lockWait: number
  readonly lockTimeout: number
  /** 0: none but the run's. */
  readonly statementTimeout: number
}

/** What one verb takes besides: its own switches, words and what stands behind `--`. */
export type Invocation = {
  readonly config: Config
  readonly to: string
  readonly json: boolean
  readonly withDown: boolean
  readonly typescript: boolean
  readonly readyFile: string | undefined
  readonly words: readonly string[]
  readonly rest: readonly string[]
}

/** Node's timers hold 31 bits of milliseconds. */
const longest = 24 * 24 * 3_600_000

export type LogFormat = 'text' | 'json'

/**
 * Reads a verb's command line and the environment.
 * Throws one ConfigInvalid that lists every problem at once, each with the setting it belongs to.
 */
export function parseInvocation(command: CommandName, argv: readonly string[], env: Env): Invocation {
  const problems: string[] = []
  const { flags, words, rest } = parseArguments(command, argv, problems)
  const text = (name: string): string => (typeof flags[name] === 'string' ? flags[name] : '')
  if ((command === 'down' || command === 'baseline') && !text('to'))
    problems.push('--to: name the migration that shall be the newest one applied')
  const config = parseConfig(flags, env, problems, command !== 'new')
  if (problems.length > 0) throw configInvalid(problems)
  return {
    config,
    to: text('to'),
    json: flags.json === true,
    withDown: flags.down === true,
    typescript: flags.ts === true,
    readyFile: text('ready-file') || undefined,
    words,
    rest,
  }
}

function parseConfig(
  flags: Readonly<Record<string, string | true | undefined>>,
  env: Env,
  problems: string[],
  needsDatabase: boolean,
): Config {
  // An empty value counts as not given: `LOTSE_TIMEOUT=` in a values file means "the default", not "no time".
  const flag = (name: OptionName): string | undefined => (flags[options[name].flag] as string | undefined) || undefined
  const read = (name: OptionName): string => flag(name) || env[options[name].env] || options[name].fallback
  const source = (name: OptionName): string => (flag(name) ? `--${options[name].flag}` : options[name].env)

  const duration = (name: OptionName, least = 1): number => {
    const parsed = parseDuration(read(name))
    if (parsed !== undefined && parsed > longest) {
      problems.push(`${source(name)}: "${read(name)}" is longer than 24 days`)
    } else if (parsed === undefined || parsed < least) {
      problems.push(`${source(name)}: "${read(name)}" is not a duration; write for example 90s, 5m or 1h30m`)
    }
    return parsed ?? 0
  }
  const identifier = (name: OptionName): string => {
    const value = read(name)
    // PostgreSQL cuts longer names silently (NAMEDATALEN, PostgreSQL docs 4.1.1), so two long names could become one table.
    if (Buffer.byteLength(value) > 63) problems.push(`${source(name)}: "${value}" is longer than PostgreSQL's 63 bytes`)
    return value
  }
  const allow = read('allow')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  for (const each of allow) {
    if (!isTolerance(each))
      problems.push(`${source('allow')}: "${each}" cannot be allowed; there is ${tolerances.join(', ')}`)
  }
  const logFormat = read('logFormat')
  if (logFormat !== 'text' && logFormat !== 'json') {
    problems.push(`${source('logFormat')}: "${logFormat}" is not a log format; use text or json`)
  }
  const run = duration('timeout')
  // What is waited for inside the run has to give up before the run does: then it is said what was waited for.
  const within = (wait: number): number => Math.min(wait, Math.max(run - 1_000, run / 2))
  return Object.freeze({
    database: parseDatabase(flag('databaseUrl'), env, needsDatabase ? problems : []),
    migrations: read('migrations'),
    history: { schema: identifier('schema'), table: identifier('historyTable') },
    budget: {
      run,
      connect: within(duration('connectTimeout')),
      lockWait: within(duration('lockWait')),
      lockTimeout: duration('lockTimeout'),
      statementTimeout: duration('statementTimeout', 0),
    },
    allow: allow.filter(isTolerance),
    logFormat: logFormat === 'json' ? 'json' : 'text',
    release: read('release') || undefined,
    pod: read('pod') || undefined,
    terminationLog: read('terminationLog') || undefined,
  })
}

/** The log format alone, for reporting a configuration that could not be read. Falls back to text. */
export function wantedLogFormat(argv: readonly string[], env: Env): LogFormat {
  const flag = argv.findLast((arg, index) => argv[index - 1] === '--log-format' || arg.startsWith('--log-format='))
  return (flag?.replace('--log-format=', '') ?? env[options.logFormat.env]) === 'json' ? 'json' : 'text'
}

function configInvalid(problems: readonly string[]): Failure {
  const many = problems.length > 1
  return new Failure('ConfigInvalid', {
    summary: many ? `the configuration has ${problems.length} problems` : `the configuration is wrong: ${problems[0]}`,
    details: many ? problems.map((problem) => `- ${problem}`) : [],
    state: ['Nothing was done; the database was not touched.'],
    remedy: 'correct the setting named above and run it again',
  })
}
