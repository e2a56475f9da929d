import { parseArgs } from 'node:util'
import { options } from '../config/options.ts'
import { type CommandName, commands, switches } from './verbs.ts'

/** The command line after the verb. */
export type Arguments = {
  /** Values of `--flags`; a switch without a value is `true`. */
  readonly flags: Readonly<Record<string, string | true | undefined>>
  readonly words: readonly string[]
  /** What stands behind `--`. */
  readonly rest: readonly string[]
}

/** Reads the command line of a verb. Adds what it does not take to `problems`. */
export function parseArguments(command: CommandName, argv: readonly string[], problems: string[]): Arguments {
  const { usage, words, switches: own } = commands[command]
  const end = argv.indexOf('--')
  const rest = end < 0 ? [] : argv.slice(end + 1)
  const known = Object.fromEntries([
    ...Object.values(options).map(({ flag, value }) => [flag, { type: value ? 'string' : 'boolean' }]),
    ...own.map((name) => [name, { type: switches[name].value ? 'string' : 'boolean' }]),
  ])
  try {
    const parsed = parseArgs({ args: argv.slice(0, end < 0 ? undefined : end), options: known, allowPositionals: true })
    if (parsed.positionals.length !== words) problems.push(`the command line: it is lotse ${usage}`)
    if (rest.length > 0 && command !== 'guard')
      problems.push(`the command line: lotse ${command} takes nothing after --`)
    return { flags: parsed.values as Arguments['flags'], words: parsed.positionals, rest }
  } catch (error) {
    const [what] = (error as Error).message.split(/\. |\n/)
    problems.push(`${what}; it is lotse ${usage}, see lotse --help`)
    return { flags: {}, words: [], rest }
  }
}
