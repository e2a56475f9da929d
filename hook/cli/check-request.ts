import { type Database, parseDatabase } from '../config/connection.ts'
import type { Env, Reader } from '../config/reader.ts'
import type { Severity } from '../migration/finding.ts'

/** What `check` judges, and how it says so. */
export type CheckRequest = {
  readonly scope:
    | { readonly kind: 'pending' }
    | { readonly kind: 'all' }
    | { readonly kind: 'since'; readonly name: string }
  readonly database: boolean
  /** Where what is pending runs, to see what it does; `onTarget`: even if that is the database itself. */
  readonly trace: { readonly database: Database; readonly onTarget: boolean } | undefined
  readonly failOn: Severity | undefined
  readonly level: Severity
  readonly output: CheckOutput
}

const severities = ['error', 'warning', 'note'] as const satisfies Severity[]
const checkOutputs = ['text', 'json', 'github', 'sarif'] as const
export type CheckOutput = (typeof checkOutputs)[number]

type Flags = Readonly<Record<string, string | true | undefined>>

/** Whether check looks at the database. A trace alone can do without, where none is configured. */
function hasDatabase(reader: Reader, flags: Flags, env: Env): boolean {
  if (reader.text('databaseCheck') === 'false') return false
  return flags.trace === undefined || Boolean(reader.text('databaseUrl') || env.PGHOST)
}

/** Reads what `check` is asked. Adds what is missing or contradictory to `problems`. */
export function checkRequestOf(
  text: (name: string) => string,
  flags: Flags,
  reader: Reader,
  env: Env,
  problems: string[],
): CheckRequest {
  const database = hasDatabase(reader, flags, env)
  const all = flags.all === true
  const since = text('since')
  if (all && since) problems.push('--all: judges what --since would leave out; use only one of them')
  const trace = flags.trace === undefined ? undefined : traceOf(text('trace'), flags, env, problems)
  if (trace && (all || since))
    problems.push('--trace: runs what is pending; it cannot be combined with --all or --since')
  if (!trace && flags['trace-target'] === true) problems.push('--trace-target: only says where --trace may run; add it')
  if (!database && !all && !since && !trace)
    problems.push(
      '--no-database: what is pending is not known; add --since NAME for the migrations after one, or --all',
    )
  const one = <Name extends string>(flag: string, names: readonly Name[], fallback: Name): Name => {
    const found = names.find((each) => each === (text(flag) || fallback))
    if (!found) problems.push(`--${flag}: "${text(flag)}" is none of ${names.join(', ')}`)
    return found ?? fallback
  }
  const output = one('output', checkOutputs, 'text')
  if (flags.json === true && text('output') && output !== 'json')
    problems.push('--json: contradicts --output; use only one of them')
  return {
    scope: all ? { kind: 'all' } : since ? { kind: 'since', name: since } : { kind: 'pending' },
    database,
    trace,
    failOn: text('fail-on') ? one('fail-on', severities, 'error') : undefined,
    level: one('level', severities, 'warning'),
    output: flags.json === true ? 'json' : output,
  }
}

function traceOf(given: string, flags: Flags, env: Env, problems: string[]): NonNullable<CheckRequest['trace']> {
  const source = given ? '--trace' : 'LOTSE_TRACE_URL'
  const url = given || env.LOTSE_TRACE_URL
  if (!url) problems.push('--trace: no scratch database is given; set LOTSE_TRACE_URL to its URL, or write --trace URL')
  // What the URL leaves open comes from PG* variables, but for the database: theirs is the one not to be touched.
  const { PGHOST: _, PGPORT: __, PGDATABASE: ___, ...others } = env
  const found: string[] = []
  const database = parseDatabase(url || 'postgresql://none', others, found, true)
  if (url) problems.push(...found.map((problem) => problem.replace('--database-url', source)))
  return { database, onTarget: flags['trace-target'] === true }
}
