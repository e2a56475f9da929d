import { parseArgs } from 'node:util'
import { options } from '../config/options.ts'
import { switches, type Verb, type VerbName, verbs } from './verbs.ts'

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
    const parsed = parseArgs({ args: argv.slice(0, end < 0 ? undefined : end), options: known, allowPositionals: true })
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
