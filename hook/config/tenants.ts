import type { Database } from './connection.ts'
import { escapeOption } from './parameters.ts'
import type { Reader } from './reader.ts'

/** The tenants of one application, and how they are gone through. */
export type Tenants = {
  readonly kind: 'schema' | 'database'
  /** Returns their names. */
  readonly query: string
  /** The setting that the query came from, for messages. */
  readonly source: string
  /** How many connections there are at most. */
  readonly parallel: number
  /** How many tenants may fail before no other one is begun. */
  readonly stopAfter: number
  /** Groups that go first, in their order. */
  readonly first: readonly Canaries[]
}

/** Tenants that go first: by name, or as many as bring those that are through to this share of all, in percent. */
export type Canaries =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'share'; readonly percent: number }

/** Whose schema or database one is asked for; undefined where all are, or there are no tenants. */
export type Asked = { readonly tenants: Tenants | undefined; readonly only: Only | undefined }
export type Only = { readonly kind: Tenants['kind']; readonly name: string }

/** More connections than this are a mistake: a server has a hundred by default, and its processors are busy with far fewer. */
const mostParallel = 64

/**
 * Reads what is asked of tenants. Adds to `problems` what is wrong or contradictory; `refusal` is why the verb knows no more than one of them,
 * if so.
 */
export function parseTenants(reader: Reader, problems: string[], refusal: string | undefined): Asked {
  const { text, source } = reader
  const [schemas, databases, only] = [text('eachSchema').trim(), text('eachDatabase').trim(), text('tenant')]
  const name = databases && !schemas ? 'eachDatabase' : 'eachSchema'
  const kind = name === 'eachSchema' ? 'schema' : 'database'
  if (schemas && databases)
    problems.push(`${source('eachDatabase')}: contradicts ${source('eachSchema')}; a tenant has one or the other`)
  if (!schemas && !databases) {
    for (const each of ['tenant', 'first', 'stopAfter'] as const)
      if (text(each) !== '' && text(each) !== '0')
        problems.push(`${source(each)}: needs --each-schema or --each-database, which says what a tenant is`)
    return { tenants: undefined, only: undefined }
  }
  if (kind === 'schema' && text('schema') !== 'public')
    problems.push(`${source('schema')}: contradicts ${source(name)}: each tenant has its history in its own schema`)
  if (text('adopt') && !only)
    problems.push(
      `${source('adopt')}: contradicts ${source(name)}: what another tool has recorded is taken over tenant by tenant, by lotse adopt --tenant NAME`,
    )
  const tenants = {
    kind,
    query: schemas || databases,
    source: source(name),
    parallel: number(reader, 'parallel', 1, mostParallel, problems),
    stopAfter: number(reader, 'stopAfter', 0, 1_000_000, problems) || Number.POSITIVE_INFINITY,
    first: canariesOf(text('first'), source('first'), problems),
  } as const
  if (!only) {
    if (refusal) problems.push(`${source(name)}: ${refusal}`)
    return { tenants, only: undefined }
  }
  for (const each of ['first', 'stopAfter'] as const)
    if (reader.flag(each)) problems.push(`${source(each)}: contradicts ${source('tenant')}, which names one tenant`)
  const strange = strangeName(kind, only)
  if (strange) problems.push(`${source('tenant')}: ${strange}`)
  return { tenants: undefined, only: { kind, name: only } }
}

function number(
  reader: Reader,
  name: 'parallel' | 'stopAfter',
  least: number,
  most: number,
  problems: string[],
): number {
  const value = reader.text(name)
  const parsed = /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN
  if (!(parsed >= least && parsed <= most))
    problems.push(`${reader.source(name)}: "${value}" is not a whole number from ${least} to ${most}`)
  return parsed
}

/** Names that stand together are one group; each share is a group of its own. */
function canariesOf(text: string, source: string, problems: string[]): Canaries[] {
  const groups: Canaries[] = []
  let share = 0
  for (const each of text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(each)?.[1]
    const last = groups.at(-1)
    if (percent === undefined) {
      if (last?.kind === 'names') groups[groups.length - 1] = { kind: 'names', names: [...last.names, each] }
      else groups.push({ kind: 'names', names: [each] })
      continue
    }
    if (!(Number(percent) > share && Number(percent) <= 100))
      problems.push(`${source}: "${each}" is no share that grows; write for example 5%,25%`)
    share = Number(percent)
    groups.push({ kind: 'share', percent: share })
  }
  return groups
}

/** Why this cannot be a tenant's schema or database, if so. */
export function strangeName(kind: Tenants['kind'], name: string): string | undefined {
  if (name === '') return 'a name is empty'
  if (kind === 'schema' && (/^pg_/.test(name) || name === 'information_schema'))
    return `"${name}" is a schema of PostgreSQL's own`
  if (Buffer.byteLength(name) > 63) return `"${name}" is longer than PostgreSQL's 63 bytes`
  return undefined
}

/** The search_path of a tenant: its schema, and behind it what the URL asks for, else public, where extensions usually are. */
export function tenantSearchPath({ database }: { readonly database: Database }, name: string): string {
  return `"${name.replaceAll('"', '""')}", ${database.searchPath ?? 'public'}`
}

/** The configuration for one tenant: what every command does for one schema or one database. */
export function ofTenant<Given extends Configured>(config: Given, { kind, name }: Only): Given {
  const { database } = config
  if (kind === 'database') return { ...config, tenants: undefined, database: { ...database, name } }
  const path = tenantSearchPath(config, name)
  const options = [database.options, `-c search_path=${escapeOption(path)}`].filter(Boolean).join(' ')
  return {
    ...config,
    tenants: undefined,
    history: { ...config.history, schema: name },
    database: { ...database, options, searchPath: path },
  }
}

/** What of the configuration differs between tenants. */
type Configured = {
  readonly database: Database
  readonly history: { readonly schema: string }
  readonly tenants: Tenants | undefined
}
