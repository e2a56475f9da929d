import { type AdoptFrom, adoptable, notAdoptable, parseAdoptFrom } from './adopt-from.ts'
import { type EventTarget, type Gate, parseEventTarget, parseGate, parseRollout, type Rollout } from './cluster.ts'
import { type Database, parseDatabase, startsWithPublic } from './connection.ts'
import { options } from './options.ts'
import type { Env, Reader } from './reader.ts'
import { ofTenant, parseTenants, type Tenants } from './tenants.ts'

/** What a run was asked to do. Parsed once, trusted afterwards. Budgets are milliseconds. */
export type Config = {
  readonly database: Database
  readonly migrations: string
  /** How the migrations folder is read; `auto`: told from the folder itself. */
  readonly format: FormatName | 'auto'
  readonly history: { readonly schema: string; readonly table: string; readonly readers: readonly string[] }
  /** The tenants to go through; undefined for one schema, that of a single tenant included. */
  readonly tenants: Tenants | undefined
  readonly budget: Budget
  /** How much of the run's budget was gone before this was read, in milliseconds; `budget` has the rest. */
  readonly spent: number
  /** What has to accept connections before the database is worked on. */
  readonly waitFor: readonly Service[]
  readonly allow: readonly Tolerance[]
  /** Whose history `up` takes over before it migrates; undefined when it takes over none. */
  readonly adopt: AdoptFrom | undefined
  readonly check: CheckPolicy
  /** What a query for rows that a pending migration will fail on may take; 0: none is made. */
  readonly checkTimeout: number
  readonly logFormat: LogFormat
  readonly release: string | undefined
  readonly pod: string | undefined
  /** The Job whose attempt this is. */
  readonly jobUid: string | undefined
  readonly terminationLog: string | undefined
  /** Where Kubernetes Events go; undefined when none are wanted. */
  readonly events: EventTarget | undefined
  readonly gate: Gate
  /** What has to be rolled out before anything runs; undefined: nothing is waited for. */
  readonly rollout: Rollout | undefined
}

export type Budget = {
  readonly run: number
  readonly connect: number
  readonly lockWait: number
  readonly lockTimeout: number
  /** 0: none but the run's. */
  readonly statementTimeout: number
}

export type LogFormat = 'text' | 'json'

/** What `up` does about findings in pending migrations. */
export type CheckPolicy = (typeof checkPolicies)[number]
const checkPolicies = ['warn', 'refuse', 'off'] as const

/** What a verb needs of the configuration; problems in other settings are ignored. */
export type Needs = {
  readonly database: boolean
  /** Whether it reads or writes the history, and does not only hold the lock. */
  readonly history: boolean
  /** Whether it writes, which a standby does not let it. */
  readonly writes: boolean
  readonly gate: boolean
  readonly rollout: 'required' | 'optional' | false
  /** Why it knows one tenant at most; undefined where it goes through all of them. */
  readonly tenantsRefused: string | undefined
  readonly events: boolean
}

/** Reads the settings that all verbs share and adds every problem found to `problems`. `spent` of the run's budget, in milliseconds, is gone. */
export function parseConfig(reader: Reader, env: Env, problems: string[], needs: Needs, spent: number): Config {
  const { text, source, list, duration, identifier } = reader
  const allow = list('allow')
  for (const each of allow) {
    if (!isTolerance(each))
      problems.push(
        `${source('allow')}: "${each}" is not a difference that can be accepted; use ${tolerances.join(', ')}`,
      )
  }
  const adopt = text('adopt') ? parseAdoptFrom(text('adopt')) : undefined
  if (text('adopt') && !adopt) problems.push(`${source('adopt')}: ${notAdoptable(text('adopt'))}`)
  const waitFor = list('waitFor').flatMap((each) => {
    const service = parseService(each)
    if (!service)
      problems.push(`${source('waitFor')}: "${each}" is not a service; write HOST:PORT, for example redis:6379`)
    return service ?? []
  })
  const logFormat = text('logFormat')
  if (logFormat !== 'text' && logFormat !== 'json') {
    problems.push(`${source('logFormat')}: "${logFormat}" is not a log format; use text or json`)
  }
  const format = text('format')
  if (format !== 'auto' && !isFormat(format))
    problems.push(`${source('format')}: "${format}" is not a format of migrations; use auto, ${formats.join(', ')}`)
  const check = checkPolicies.find((each) => each === text('check'))
  if (!check) problems.push(`${source('check')}: "${text('check')}" is not a policy; use ${checkPolicies.join(', ')}`)
  const database = parseDatabase(reader.flag('databaseUrl'), env, needs.database ? problems : [], needs.writes)
  const schema = identifier('schema')
  const asked = forTenants.some((name) => text(name) !== options[name].fallback)
    ? parseTenants(reader, problems, needs.tenantsRefused)
    : undefined
  if (
    needs.history &&
    !asked?.tenants &&
    !asked?.only &&
    database.searchPath &&
    !startsWithPublic(database.searchPath) &&
    schema === options.schema.fallback
  )
    problems.push(
      `${source('schema')}: the database URL sets the search_path ${database.searchPath}, and the history would be in ${schema}, shared with every other schema. If this database has its history there already, remove the search_path from the URL that Lotse gets; if it has none yet, name the schema of its history (in the chart migrations.history.schema)`,
    )
  const timeout = duration('timeout')
  const run = spent > 0 ? Math.max(1_000, timeout - spent) : timeout
  // A wait inside the run has to give up before the run does, to say what it waited for.
  const within = (wait: number): number => Math.min(wait, Math.max(run - 1_000, run / 2))
  const config: Config = {
    database,
    migrations: text('migrations'),
    format: isFormat(format) ? format : 'auto',
    history: { schema, table: identifier('historyTable'), readers: list('readers') },
    tenants: asked?.tenants,
    budget: {
      run,
      connect: within(duration('connectTimeout')),
      lockWait: within(duration('lockWait')),
      lockTimeout: duration('lockTimeout'),
      statementTimeout: duration('statementTimeout', 0),
    },
    spent,
    waitFor,
    allow: allow.filter(isTolerance),
    adopt,
    check: check ?? 'warn',
    checkTimeout: duration('checkTimeout', 0),
    logFormat: logFormat === 'json' ? 'json' : 'text',
    release: text('release') || undefined,
    pod: text('pod') || undefined,
    jobUid: text('jobUid') || undefined,
    terminationLog: text('terminationLog') || undefined,
    events: needs.events ? parseEventTarget(reader, problems) : undefined,
    gate: parseGate(reader, waitFor.length > 0, needs.gate ? problems : []),
    rollout: needs.rollout ? parseRollout(reader, needs.rollout === 'required', problems) : undefined,
  }
  return Object.freeze(asked?.only ? ofTenant(config, asked.only) : config)
}

/** Options that only make sense with tenants. */
const forTenants = ['eachSchema', 'eachDatabase', 'tenant', 'first', 'stopAfter'] as const

/** The log format alone, to report a configuration that could not be read. Falls back to text. */
export function wantedLogFormat(argv: readonly string[], env: Env): LogFormat {
  const flag = argv.findLast((arg, index) => argv[index - 1] === '--log-format' || arg.startsWith('--log-format='))
  return (flag?.replace('--log-format=', '') ?? env[options.logFormat.env]) === 'json' ? 'json' : 'text'
}

/** What `--allow` accepts: differences between the folder and the history, and a database that another tool has migrated. */
export const tolerances = ['edited', 'missing', 'out-of-order', 'ahead-breaking', 'other-history'] as const
export type Tolerance = (typeof tolerances)[number]

function isTolerance(name: string): name is Tolerance {
  return (tolerances as readonly string[]).includes(name)
}

/** Whose layout a folder of migrations has: Lotse's own, or that of another tool. */
export const formats = ['lotse', ...adoptable] as const
export type FormatName = (typeof formats)[number]

function isFormat(name: string): name is FormatName {
  return (formats as readonly string[]).includes(name)
}

/** Another server that a migration needs, as a TCP endpoint. */
export type Service = { readonly host: string; readonly port: number }

/** How messages and the setting write a service. */
export function describeService({ host, port }: Service): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Reads HOST:PORT; undefined when the text is none. An IPv6 address stands in brackets, as in a URL (RFC 3986, 3.2.2). */
function parseService(text: string): Service | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? []
  const [host, port] = [bracketed ?? plain, Number(digits)]
  return host && port > 0 && port < 65_536 ? { host, port } : undefined
}
