import { parseArgs } from 'node:util'
import { Failure } from '../failure.ts'
import { type Database, type Env, parseDatabase } from './database.ts'
import { parseDuration } from './duration.ts'
import { type OptionName, options } from './options.ts'

/** What a run was asked to do. Parsed once, trusted afterwards. Budgets are milliseconds. */
export type Config = {
  readonly database: Database
  readonly migrations: string
  readonly history: { readonly schema: string; readonly table: string }
  readonly budget: { readonly run: number; readonly connect: number; readonly lockWait: number }
  readonly logFormat: LogFormat
  readonly release: string | undefined
  readonly pod: string | undefined
  readonly terminationLog: string | undefined
}

export type LogFormat = 'text' | 'json'

const flags = Object.fromEntries(Object.values(options).map((option) => [option.flag, { type: 'string' as const }]))

/**
 * Reads flags and environment into a Config.
 * Throws one ConfigInvalid that lists every problem at once, each with the setting it belongs to.
 */
export function parseConfig(argv: readonly string[], env: Env): Config {
  const problems: string[] = []
  const given = parseFlags(argv, problems)
  // An empty value counts as not given: `LOTSE_TIMEOUT=` in a values file means "the default", not "no time".
  const read = (name: OptionName): string =>
    given[options[name].flag] || env[options[name].env] || options[name].fallback
  const source = (name: OptionName): string =>
    given[options[name].flag] ? `--${options[name].flag}` : options[name].env

  const duration = (name: OptionName): number => {
    const parsed = parseDuration(read(name))
    if (parsed === undefined || parsed === 0) {
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

  const config: Config = {
    database: parseDatabase(given[options.databaseUrl.flag], env, problems),
    migrations: read('migrations'),
    history: { schema: identifier('schema'), table: identifier('historyTable') },
    budget: { run: duration('timeout'), connect: duration('connectTimeout'), lockWait: duration('lockWait') },
    logFormat: parseLogFormat(read('logFormat'), source('logFormat'), problems),
    release: read('release') || undefined,
    pod: read('pod') || undefined,
    terminationLog: read('terminationLog') || undefined,
  }
  if (problems.length > 0) throw configInvalid(problems)
  return Object.freeze(config)
}

/** The log format alone, for reporting a Config that could not be read. Falls back to text. */
export function wantedLogFormat(argv: readonly string[], env: Env): LogFormat {
  const flag = argv.findLast((arg, index) => argv[index - 1] === '--log-format' || arg.startsWith('--log-format='))
  return (flag?.replace('--log-format=', '') ?? env[options.logFormat.env]) === 'json' ? 'json' : 'text'
}

function parseFlags(argv: readonly string[], problems: string[]): Record<string, string | undefined> {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values as Record<
      string,
      string | undefined
    >
  } catch (error) {
    const [what] = (error as Error).message.split(/\. |\n/)
    problems.push(`${what}; see lotse --help`)
    return {}
  }
}

function parseLogFormat(value: string, source: string, problems: string[]): LogFormat {
  if (value === 'text' || value === 'json') return value
  problems.push(`${source}: "${value}" is not a log format; use text or json`)
  return 'text'
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
