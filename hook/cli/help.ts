import { ruleNamed, rulesList, ruleText } from '../check/rules-page.ts'
import type { Option } from '../config/option.ts'
import { type OptionName, options } from '../config/options.ts'
import { type Parameter, parameters } from '../config/parameters.ts'
import { exitCodes, type Reason } from '../failure.ts'
import { isTopic, topics } from './topics.ts'
import { verbHelp } from './verb-help.ts'
import { isVerb, switches, type Verb, type VerbName, verbs } from './verbs.ts'

/** No line of any help is longer. */
const width = 100

/** What `lotse --help` prints: one screen, which names the way to the rest. */
export function overview(version: string): string {
  return `Lotse ${version}: brings a PostgreSQL schema to what this version of your application needs.

Usage: lotse COMMAND [OPTIONS]

Commands:
${table(Object.entries(verbs).map(([name, { summary }]) => [name, summary]))}
${table([['version', 'print the version']])}

Most used options, each as a flag or an environment variable; the flag wins:
${(['databaseUrl', 'migrations', 'timeout', 'logFormat'] as const).map((name) => head(options[name])).join('\n')}

lotse COMMAND --help       a command's switches, options, exit codes and an example
${Object.entries(topics)
  .map(([name, { summary }]) => `lotse help ${name}`.padEnd(27) + summary)
  .join('\n')}
`
}

/** What `lotse COMMAND --help` and `lotse help COMMAND` print. */
export function verbPage(name: VerbName): string {
  const verb: Verb = verbs[name]
  const { about, options: used, exits, example } = verbHelp[name]
  const own = verb.switches.map((each) => entry(`  --${each} ${switches[each].value}`.trimEnd(), switches[each].help))
  return `${wrap(`Usage: lotse ${verb.usage}`, '')}

${wrap(about, '')}
${own.length > 0 ? `\nSwitches:\n${own.join('\n')}\n` : ''}
Options:
${used.map((each) => optionEntry(options[each])).join('\n')}

Exit codes:
${exitTable(exits)}

Example:
  ${example}
`
}

/** The page of a command or a topic; undefined where there is none of that name. */
export function pageOf(name: string): string | undefined {
  if (isVerb(name)) return verbPage(name)
  if (!isTopic(name)) return rulePage(name)
  const { text } = topics[name]
  switch (text) {
    case 'connection':
      return connectionPage()
    case 'options':
      return `Every option, as a flag or an environment variable; the flag wins:\n${allOptions()}\n`
    case 'rules':
      return rulesIndex()
    case 'exits':
      return `Exit codes:\n${exitTable(Object.keys(exitCodes) as Reason[])}\n`
    default:
      return text
  }
}

function rulesIndex(): string {
  const lines = rulesList().map(([name, severity, finds]) => entry(`  ${name} (${severity})`, finds))
  return `The rules of lotse check, of plan, and of up before it runs anything. lotse help RULE explains one.
A file accepts a finding by a comment at its head: -- lotse: accept RULE: REASON
${lines.join('\n')}
`
}

function rulePage(name: string): string | undefined {
  const rule = ruleNamed(name)
  if (!rule) return undefined
  const parts = ruleText(rule).map(([title, text]) => {
    if (!title) return wrap(text, '')
    const isSql = title === 'Unsafe' || title === 'Safe'
    return `${title}:\n${isSql ? text.replace(/^/gm, '  ') : wrap(text, '  ')}`
  })
  return `${parts.join('\n\n')}\n`
}

function connectionPage(): string {
  const taken = (take: Parameter['take']): string =>
    parameters
      .filter((each) => each.take === take)
      .map(parameterEntry)
      .join('\n')
  return `The database is postgresql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE&… in DATABASE_URL or
--database-url. What it leaves open comes from the PG* variables. Any other parameter is refused.

Honoured:
${taken('honoured')}

Accepted, and without effect:
${taken('harmless')}

Refused, except with the values in brackets, which change nothing:
${taken('refused')}
`
}

function parameterEntry({ names, env, take, values, note }: Parameter): string {
  const known = values ? ` (${values.join(', ')})` : ''
  const first = [...names, ...(env ? [env] : [])].join(', ') + (take === 'refused' ? known : '')
  const text = take === 'honoured' ? note + known : note
  const line = `  ${first.padEnd(38)} ${text}`
  return first.length <= 38 && line.length <= width ? line : `${wrap(first, '  ')}\n${wrap(text, '      ')}`
}

function allOptions(): string {
  return (Object.keys(options) as OptionName[]).map((name) => optionEntry(options[name])).join('\n')
}

/** What an exit code tells the one who reads it. */
const meanings: Readonly<Record<Reason, string>> = {
  Applied: 'migrations were applied; the schema is what the folder needs',
  Reverted: 'migrations were reverted',
  UpToDate: 'done; there is nothing left to do',
  Pending: 'migrations are pending',
  Ahead: 'the schema is newer than the folder',
  Unfinished: 'a migration was started and not finished',
  ConfigInvalid: 'the command line, a setting or a file is wrong; nothing was changed',
  DatabaseUnreachable: 'the database does not answer or refuses the connection',
  LockTimeout: 'another migrator held the run lock for too long; nothing was changed',
  PlanRefused: 'the history, another tool, the check or a condition forbids the run',
  MigrationFailed: 'a migration failed, or the run took too long',
  WaitTimeout: 'the schema, a service or the rollout was not ready in time',
  Interrupted: 'a signal ended the run; the next run continues',
  Bug: 'an unexpected error; please report it',
}

function exitTable(reasons: readonly Reason[]): string {
  const inOrder = (Object.keys(exitCodes) as Reason[]).filter((each) => reasons.includes(each))
  return inOrder.map((each) => `  ${String(exitCodes[each]).padEnd(5)}${each.padEnd(21)}${meanings[each]}`).join('\n')
}

function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, text]) => `  ${name.padEnd(10)}${text}`).join('\n')
}

function optionEntry(option: Option): string {
  return entry(head(option), option.help)
}

function head({ env, flag, value, alone, fallback }: Option): string {
  if (alone) return `  --${flag}, ${env}=${alone}`
  return `  --${flag} ${value}, ${env}${fallback ? ` (default ${fallback})` : ''}`
}

function entry(first: string, text: string): string {
  return `${first}\n${wrap(text, '      ')}`
}

function wrap(text: string, indent: string): string {
  const lines = text.match(new RegExp(`.{1,${width - indent.length - 1}}(\\s|$)`, 'g')) ?? []
  return lines.map((line) => indent + line.trim()).join('\n')
}
