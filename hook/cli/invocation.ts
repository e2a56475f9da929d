import { parseArgs } from 'node:util'
import { type AdoptFrom, notAdoptable, parseAdoptFrom } from '../config/adopt-from.ts'
import { type EventTarget, parseEventTarget } from '../config/cluster.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { options } from '../config/options.ts'
import { type Env, makeReader, type Reader } from '../config/reader.ts'
import { Failure } from '../failure.ts'
import { type CheckRequest, checkRequestOf } from './check-request.ts'
import { type GuardPart, parseGuardPart } from './guard-part.ts'
import { switches, type Verb, type VerbName, verbs } from './verbs.ts'

/** What one verb is asked to do, besides the configuration. */
export type Invocation =
  | { readonly verb: 'wait' }
  | { readonly verb: 'up'; readonly everyPhase: boolean }
  | { readonly verb: 'finish'; readonly rolloutOnly: boolean }
  | { readonly verb: 'status' | 'plan'; readonly json: boolean }
  | ({ readonly verb: 'check' } & CheckRequest)
  | { readonly verb: 'down'; readonly to: Target }
  | { readonly verb: 'adopt'; readonly from: AdoptFrom | undefined; readonly dryRun: boolean }
  | { readonly verb: 'baseline'; readonly to: string }
  | { readonly verb: 'repair'; readonly action: RepairAction; readonly name: string }
  | { readonly verb: 'backfill'; readonly action: BackfillAction; readonly name: string }
  | { readonly verb: 'new'; readonly title: string; readonly down: boolean; readonly typescript: boolean }
  | { readonly verb: 'seal'; readonly undo: boolean }
  | { readonly verb: 'guard'; readonly part: GuardPart }

/** How far to revert: everything, or what was applied after a migration. */
export type Target = { readonly kind: 'all' } | { readonly kind: 'after'; readonly name: string }

const actions = { repair: ['accept', 'applied', 'pending'], backfill: ['pause', 'resume', 'cancel'] } as const
type Action<Of extends keyof typeof actions> = (typeof actions)[Of][number]
export type RepairAction = Action<'repair'>
export type BackfillAction = Action<'backfill'>

/**
 * Reads a verb's command line and the environment.
 * Throws one ConfigInvalid that lists every problem at once, each with the setting it belongs to, or what was wrong beforehand. A guard
 * that runs beside another container gets it in its part instead: it has to tell that container.
 */
export function parseInvocation(
  name: VerbName,
  argv: readonly string[],
  env: Env,
  { spent, failure }: Beforehand = { spent: 0 },
): { readonly invocation: Invocation; readonly config: Config } {
  const problems: string[] = []
  const given = parseArguments(name, argv, problems)
  const reader = makeReader(given.flags, env, problems)
  const invocation = invocationOf(name, given, reader, env, problems)
  // What a verdict says was told by the guard that left it.
  const isVerdict = invocation.verb === 'guard' && invocation.part.kind === 'verdict'
  const isGate = invocation.verb === 'wait'
  const rolloutOnly = invocation.verb === 'finish' && invocation.rolloutOnly
  const withoutDatabase =
    rolloutOnly ||
    (invocation.verb === 'check' ? !invocation.database : isGate && reader.text('databaseCheck') === 'false')
  const needs = {
    database: verbs[name].needsDatabase && !isVerdict && !withoutDatabase,
    history: verbs[name].needsHistory && !withoutDatabase,
    writes: verbs[name].writes,
    gate: isGate,
    rollout: rolloutOnly ? ('required' as const) : invocation.verb === 'finish' && ('optional' as const),
    tenantsRefused: whyOneTenant(name, withoutDatabase),
    events: verbs[name].postsEvents && !isVerdict,
  }
  const config = parseConfig(reader, env, problems, needs, spent)
  if (config.tenants && invocation.verb === 'up' && invocation.everyPhase)
    problems.push(`--every-phase: contradicts ${config.tenants.source}; name one tenant with --tenant NAME`)
  if (problems.length === 0 && !failure) return { invocation, config }
  const problem = failure ?? configInvalid(problems)
  if (invocation.verb !== 'guard' || invocation.part.kind !== 'sidecar') throw problem
  return { invocation: { verb: 'guard', part: { ...invocation.part, problem } }, config }
}

/** Why a verb knows one tenant at most; undefined for a verb that goes through all of them. */
function whyOneTenant(name: VerbName, withoutDatabase: boolean): string | undefined {
  const { knowsTenants, needsDatabase, needsHistory }: Verb = verbs[name]
  if (!needsDatabase) return `lotse ${name} uses no database, and so no tenants; leave it out`
  if (withoutDatabase) return '--no-database lets nobody look at tenants; leave one of them out'
  if (knowsTenants) return undefined
  return needsHistory
    ? `lotse ${name} works on one tenant at a time; name it with --tenant NAME`
    : `lotse ${name} holds one run lock, and here each tenant has its own; name one with --tenant NAME, or leave it out`
}

/** The verb's own part. Where something is missing, a problem is added and the value is not to be used. */
function invocationOf(
  verb: VerbName,
  { flags, words, rest }: Arguments,
  reader: Reader,
  env: Env,
  problems: string[],
): Invocation {
  const text = (name: string): string => (typeof flags[name] === 'string' ? flags[name] : '')
  const [first = '', second = ''] = words
  switch (verb) {
    case 'up':
      return { verb, everyPhase: flags['every-phase'] === true }
    case 'wait':
      return { verb }
    case 'finish':
      return { verb, rolloutOnly: flags['rollout-only'] === true }
    case 'status':
    case 'plan':
      return { verb, json: flags.json === true }
    case 'check':
      return { verb, ...checkRequestOf(text, flags, reader, env, problems) }
    case 'down':
      return { verb, to: targetOf(text('to'), flags.all === true, problems) }
    case 'adopt':
      return { verb, from: adoptFromOf(text('from'), problems), dryRun: flags['dry-run'] === true }
    case 'baseline':
      if (!text('to')) problems.push('--to: name the newest migration whose changes the database already has')
      return { verb, to: text('to') }
    case 'repair':
      return { verb, action: actionOf(verb, words, problems), name: second }
    case 'backfill':
      return { verb, action: actionOf(verb, words, problems), name: second }
    case 'new':
      return { verb, title: first, down: flags.down === true, typescript: flags.ts === true }
    case 'seal':
      return { verb, undo: flags.undo === true }
    case 'guard':
      return { verb, part: parseGuardPart(text, flags.try === true, rest, problems) }
  }
}

function targetOf(name: string, all: boolean, problems: string[]): Target {
  if (name && all) problems.push('--all: reverts what --to would keep; use only one of them')
  if (!name && !all) problems.push('--to: name the newest migration to keep, or revert everything with --all')
  return all ? { kind: 'all' } : { kind: 'after', name }
}

function adoptFromOf(given: string, problems: string[]): AdoptFrom | undefined {
  const from = parseAdoptFrom(given)
  if (given && !from) problems.push(`--from: ${notAdoptable(given)}`)
  return from
}

function actionOf<Of extends keyof typeof actions>(verb: Of, words: readonly string[], problems: string[]): Action<Of> {
  const known: readonly Action<Of>[] = actions[verb]
  const found = known.find((each) => each === words[0])
  if (!found && words.length === 2)
    problems.push(`the command line: there is no ${verb} "${words[0]}"; usage: lotse ${verbs[verb].usage}`)
  return found ?? (known[0] as Action<Of>)
}

/** The failure of a configuration with these problems, of which there is at least one. */
export function configInvalid(found: readonly string[]): Failure {
  // A value that is quoted may hold a line break; the message stays one line.
  const problems = found.map((problem) => problem.replaceAll(/\r?\n/g, '\\n'))
  const many = problems.length > 1
  return new Failure('ConfigInvalid', {
    summary: many ? `the configuration has ${problems.length} problems` : `the configuration is wrong: ${problems[0]}`,
    details: many ? problems.map((problem) => `- ${problem}`) : [],
    state: ['Nothing was done; the database was not touched.'],
    remedy: many
      ? 'correct the settings named above and run it again'
      : 'correct the setting named above and run it again',
  })
}

/** What was before the configuration could be read: milliseconds that were waited, and why that did not help. */
export type Beforehand = { readonly spent: number; readonly failure?: Failure | undefined }

/** Where Events go by the environment alone, to report a configuration that could not be read. */
export function wantedEvents(name: VerbName, env: Env): EventTarget | undefined {
  const problems: string[] = []
  const target = verbs[name].postsEvents ? parseEventTarget(makeReader({}, env, problems), problems) : undefined
  return problems.length > 0 ? undefined : target
}

/** The command line after the verb. */
export type Arguments = {
  /** Values of `--flags`; a switch without a value is `true`. */
  readonly flags: Readonly<Record<string, string | true | undefined>>
  readonly words: readonly string[]
  /** What stands behind `--`. */
  readonly rest: readonly string[]
}

/** Reads the command line of a verb. Adds what it does not take to `problems`. */
export function parseArguments(name: VerbName, argv: readonly string[], problems: string[]): Arguments {
  const verb: Verb = verbs[name]
  const end = argv.indexOf('--')
  const rest = end < 0 ? [] : argv.slice(end + 1)
  const known = Object.fromEntries([
    ...Object.values(options).map(({ flag, value }) => [flag, { type: value ? 'string' : 'boolean' }]),
    ...verb.switches.map((each) => [each, { type: switches[each].value ? 'string' : 'boolean' }]),
  ])
  try {
    const args = withoutTraceUrl(argv.slice(0, end < 0 ? undefined : end))
    const parsed = parseArgs({ args, options: known, allowPositionals: true })
    if (parsed.positionals.length !== verb.words) problems.push(`the command line: usage: lotse ${verb.usage}`)
    if (rest.length > 0 && !verb.takesCommand)
      problems.push(`the command line: lotse ${name} takes nothing after --; usage: lotse ${verb.usage}`)
    return { flags: parsed.values as Arguments['flags'], words: parsed.positionals, rest }
  } catch (error) {
    const [what] = (error as Error).message.split(/\. |\n/)
    problems.push(`${what}; usage: lotse ${verb.usage}, see lotse ${name} --help`)
    return { flags: {}, words: [], rest }
  }
}

/** The command line with an empty value behind a --trace that stands without one: the URL is in the environment then. */
function withoutTraceUrl(argv: readonly string[]): string[] {
  const isMissing = (next: string | undefined): boolean => next === undefined || next.startsWith('-')
  return argv.map((arg, at) => (arg === '--trace' && isMissing(argv[at + 1]) ? '--trace=' : arg))
}
