import { type Option, options } from '../config/options.ts'
import { exitCodes } from '../failure.ts'

const width = 100

/** What `lotse --help` prints. */
export function help(version: string): string {
  return `Lotse ${version}: brings a PostgreSQL schema to what this version of your application needs.

Usage: lotse COMMAND [OPTIONS]

Commands:
  up        apply every pending migration, or say why not; exits 0 only when the schema is what the folder needs
  help      print this
  version   print the version

A migration is a file NAME.sql in the migrations folder; they are applied in the order of their names, each in a
transaction of its own together with its row in the history table.

Options (a flag wins over its environment variable):
${Object.values(options).map(describe).join('\n')}

Exit codes:
${Object.entries(exitCodes)
  .map(([reason, code]) => `  ${String(code).padEnd(4)}${reason}`)
  .join('\n')}
`
}

function describe({ env, flag, value, fallback, help }: Option): string {
  const head = `  --${flag} ${value}, ${env}${fallback ? ` (default ${fallback})` : ''}`
  return [head, ...wrap(help, width - 6).map((line) => `      ${line}`)].join('\n')
}

function wrap(text: string, most: number): string[] {
  return (text.match(new RegExp(`.{1,${most}}(\\s|$)`, 'g')) ?? []).map((line) => line.trim())
}
