import { clusterOptions, type Option, options } from '../config/options.ts'
import { exitCodes } from '../failure.ts'
import { switches, verbs } from './verbs.ts'

const width = 108

/** What `lotse --help` prints. */
export function help(version: string): string {
  return `Lotse ${version}: brings a PostgreSQL schema to what this version of your application needs.

Usage: lotse COMMAND [OPTIONS]

Commands:
${Object.values(verbs)
  .map((each) => entry(each.usage, each.summary))
  .join('\n')}
${entry('help, version', 'print this, print the version')}

Switches:
${Object.entries(switches)
  .map(([name, each]) => entry(`--${name} ${each.value}`.trim(), each.help))
  .join('\n')}

Options of every command; a flag wins over its environment variable:
${list(Object.entries(options).filter(([name]) => !Object.hasOwn(clusterOptions, name)))}

Options for Kubernetes, which the chart sets:
${list(Object.entries(clusterOptions))}

Migrations are files of the folder, applied in the order of their names (numbers at the start count as numbers):
  NAME.sql, NAME.up.sql    SQL; NAME.down.sql beside it reverts it
  NAME.ts, NAME.js         exports up({name, path, context}) as Umzug has it; context.query(sql, values) runs in the locked session
Each runs in one transaction together with its row in the history. Comments at the head of a file change how it runs:
  -- lotse: no-transaction         statement by statement, each remembered; for CREATE INDEX CONCURRENTLY and the like
  -- lotse: breaking               older versions of the application cannot run on this schema and will refuse to
  -- lotse: requires NAME          NAME must be applied before
  -- lotse: lock-timeout 5s        instead of --lock-timeout
  -- lotse: statement-timeout 1h   instead of --statement-timeout

Exit codes:
${Object.entries(exitCodes)
  .map(([reason, code]) => `  ${String(code).padEnd(5)}${reason}`)
  .join('\n')}
`
}

function list(entries: readonly (readonly [string, Option])[]): string {
  return entries.map(([, option]) => describe(option)).join('\n')
}

function describe({ env, flag, value, alone, fallback, help }: Option): string {
  if (alone) return entry(`--${flag}, ${env}=${alone}`, help)
  return entry(`--${flag} ${value}, ${env}${fallback ? ` (default ${fallback})` : ''}`, help)
}

function entry(head: string, text: string): string {
  const lines = text.match(new RegExp(`.{1,${width - 6}}(\\s|$)`, 'g')) ?? []
  return [`  ${head}`, ...lines.map((line) => `      ${line.trim()}`)].join('\n')
}
