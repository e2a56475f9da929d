import { Failure } from '../failure.ts'
import { parseArguments } from './arguments.ts'
import { postsEvents } from './cluster.ts'
import type { CommandName } from './commands.ts'
import { type Config, parseConfig } from './config.ts'
import type { Env } from './env.ts'
import { type GuardPart, parseGuardPart } from './guard-part.ts'
import { makeReader } from './reader.ts'

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
