import { type EventTarget, parseEventTarget } from '../config/cluster.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { type Env, makeReader } from '../config/reader.ts'
import { Failure } from '../failure.ts'
import { parseArguments } from './arguments.ts'
import type { CommandName } from './verbs.ts'

/** What one verb takes besides the configuration: its own switches, words and what stands behind `--`. */
export type Invocation = {
  readonly config: Config
  /** Empty when all is to be reverted. */
  readonly to: string
  readonly json: boolean
  readonly withDown: boolean
  readonly typescript: boolean
  readonly guard: GuardPart
  readonly words: readonly string[]
}

/**
 * Reads a verb's command line and the environment.
 * Throws one ConfigInvalid that lists every problem at once, each with the setting it belongs to. A guard that stands beside
 * another container gets it as its first finding instead: it has to tell that container.
 */
export function parseInvocation(command: CommandName, argv: readonly string[], env: Env): Invocation {
  const problems: string[] = []
  const { flags, words, rest } = parseArguments(command, argv, problems)
  const text = (name: string): string => (typeof flags[name] === 'string' ? flags[name] : '')
  if ((command === 'down' || command === 'baseline') && !text('to') && flags.all !== true)
    problems.push('--to: name the migration that shall be the newest one applied')
  if (text('to') && flags.all === true) problems.push('--all: reverts what --to would keep; give one of the two')
  const guard = parseGuardPart(text, rest, problems)
  const reader = makeReader(flags, env, problems)
  const jobDecides = command === 'wait' && reader.text('databaseCheck') === 'false'
  const config = parseConfig(reader, env, problems, {
    database: command !== 'new' && guard.kind !== 'verdict' && !jobDecides,
    gate: command === 'wait',
    // What a verdict says has been told by the guard that left it.
    events: postsEvents(command) && guard.kind !== 'verdict',
  })
  const problem = problems.length > 0 ? configInvalid(problems) : undefined
  if (problem && guard.kind !== 'sidecar') throw problem
  return {
    config,
    to: text('to'),
    json: flags.json === true,
    withDown: flags.down === true,
    typescript: flags.ts === true,
    guard: guard.kind === 'sidecar' ? { ...guard, problem } : guard,
    words,
  }
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

/** Which part `lotse guard` plays: around a command, beside a container, or between the two. */
export type GuardPart =
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly readyFile: string | undefined }
  | {
      readonly kind: 'sidecar'
      readonly state: string
      readonly port: number
      /** Why it cannot even begin. */
      readonly problem: Failure | undefined
    }
  | { readonly kind: 'verdict'; readonly state: string }

/** Reads which part the guard plays from its switches; adds what contradicts to `problems`. */
export function parseGuardPart(
  text: (name: 'ready-file' | 'state' | 'port' | 'verdict') => string,
  command: readonly string[],
  problems: string[],
): GuardPart {
  const [readyFile, state, port, verdict] = [text('ready-file'), text('state'), text('port'), text('verdict')]
  const alone = (name: string): void => {
    if (readyFile || command.length > 0) problems.push(`${name}: goes with neither --ready-file nor a command`)
  }
  if (verdict) {
    alone('--verdict')
    if (state || port) problems.push('--verdict: goes with neither --state nor --port; it reads what they left')
    return { kind: 'verdict', state: verdict }
  }
  if (state && port) {
    alone('--state')
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) problems.push(`--port: "${port}" is no port`)
    else return { kind: 'sidecar', state, port: Number(port), problem: undefined }
  } else if (state || port) {
    problems.push(
      state
        ? '--state: needs --port too, where it answers whether the lock is held'
        : '--port: needs --state too, the folder for the verdict',
    )
  }
  return { kind: 'command', command, readyFile: readyFile || undefined }
}

/** Where Events go by the environment alone, to tell of a configuration that could not be read. */
export function wantedEvents(command: CommandName, env: Env): EventTarget | undefined {
  const problems: string[] = []
  const target = postsEvents(command) ? parseEventTarget(makeReader({}, env, problems), problems) : undefined
  return problems.length > 0 ? undefined : target
}

/** The verbs whose Job it is. A gate knows the Job too, but has nothing to tell of it; the others only look. */
export function postsEvents(command: CommandName): boolean {
  return command === 'up' || command === 'down' || command === 'guard'
}
