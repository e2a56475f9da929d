import { checkParameters, checkVariables, escapeOption, parameters, reader, singleOptions } from './parameters.ts'
import type { Env } from './reader.ts'
import { parseTls, type Tls } from './tls.ts'

/** One server, by host name, address or the folder of its Unix socket. */
export type Server = { readonly host: string; readonly port: number }

/** Where the database is. The password is a function so that no log or error can print it by accident. */
export type Database = {
  /** The servers it may be on, tried in this order: the members of a cluster, of which one is the primary. */
  readonly servers: readonly Server[]
  readonly name: string
  readonly user: string
  readonly password: () => string | undefined
  readonly tls: Tls
  /** Settings of the session, as libpq's `options`. */
  readonly options: string | undefined
  /** The search_path that the URL asks for, other than one that starts with public. */
  readonly searchPath: string | undefined
  /** Whether to log in only by SCRAM bound to the TLS connection (libpq: channel_binding=require). */
  readonly bindChannel: boolean
  /** What the server must be (libpq: target_session_attrs); `any` where it does not matter. */
  readonly sessionAttributes: 'any' | 'read-write' | 'primary'
}

const urlHint = 'write postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require'

/**
 * Reads the database from a URL (flag, then DATABASE_URL) and fills what it leaves open from libpq's PG* variables
 * (PostgreSQL docs 34.15). Adds every problem found to `problems`; no problem text ever quotes the URL, it holds a password.
 * Of several servers, a verb that `writes` needs the one that takes writes, whatever target_session_attrs says.
 */
export function parseDatabase(flagUrl: string | undefined, env: Env, problems: string[], writes: boolean): Database {
  const source = flagUrl ? '--database-url' : 'DATABASE_URL'
  const text = flagUrl || env.DATABASE_URL
  if (!text && !env.PGHOST) {
    problems.push(
      `no database is configured: set DATABASE_URL (${urlHint}), or PGHOST, PGDATABASE, PGUSER and PGPASSWORD`,
    )
  }
  const parsed = text ? parseUrl(text, source, problems) : undefined
  const url = parsed?.url
  const broken = problems.length > 0
  const part = (value: string | undefined, what: string): string =>
    decode(value ?? '', `${source}: the ${what}`, problems)
  const parameter = reader(url?.searchParams)

  // What stands after the ? wins, as with psql.
  const hostname = url?.hostname === leftOpen ? '' : url?.hostname
  const first = { host: part(hostname, 'host').replace(/^\[|\]$/g, ''), port: url?.port ?? '' }
  const inUrl = [first, ...(parsed?.others ?? []).map(({ host, port }) => ({ host: part(host, 'host'), port }))]
  const servers = serversOf(parameter, inUrl, env, problems)
  const user = parameter('user') || part(url?.username, 'user') || env.PGUSER || ''
  const password = parameter('password') || part(url?.password, 'password') || env.PGPASSWORD || undefined
  const name = parameter('dbname') || part(url?.pathname.slice(1), 'database') || env.PGDATABASE || user
  if (!broken) {
    const where = text ? source : 'PGHOST'
    if (servers.every(({ host }) => !host)) problems.push(`${where}: contains no host; ${urlHint}, or set PGHOST`)
    else if (servers.some(({ host }) => !host)) problems.push(`${where}: one of the hosts is empty; remove a comma`)
    if (!user) problems.push(`${where}: contains no user; ${text ? urlHint : 'set PGUSER'}`)
    if (url) checkParameters(url.searchParams, source, problems)
    checkVariables(env, url?.searchParams, problems)
    const host = servers.map((server) => server.host).join(',')
    refuseLineBreaks({ host, user, database: name, password: password ?? '' }, text ? source : undefined, problems)
  }
  const tls = parseTls(parameter, env, problems)
  const bindChannel = (parameter('channel_binding') ?? env.PGCHANNELBINDING) === 'require'
  if (bindChannel && (tls.mode === 'disable' || servers.some(({ host }) => host.startsWith('/'))))
    problems.push('channel_binding: require needs TLS; use sslmode=require or stronger')
  const asked = parameter('target_session_attrs') ?? env.PGTARGETSESSIONATTRS
  const attributes = asked === 'read-write' || asked === 'primary' ? asked : 'any'
  const searchPath = searchPathOf(parameter, problems)
  const options = [parameter('options') ?? env.PGOPTIONS, ...singleOptions(url?.searchParams)]
  return {
    servers,
    name,
    user,
    password: () => password,
    tls,
    options: withSearchPath(options.filter(Boolean).join(' ') || undefined, searchPath),
    searchPath,
    bindChannel,
    sessionAttributes: attributes === 'any' && writes && servers.length > 1 ? 'read-write' : attributes,
  }
}

/** Hosts and ports by comma, as libpq takes them: one port for all hosts, or one for each (PostgreSQL docs 34.1.1.3). */
function serversOf(
  parameter: (name: string) => string | undefined,
  inUrl: readonly Written[],
  env: Env,
  problems: string[],
): Server[] {
  const named = parameter('host') || (inUrl.some(({ host }) => host) ? '' : env.PGHOST)
  const hosts = named ? named.split(',') : inUrl.map(({ host }) => host)
  const ports = (
    parameter('port') ||
    (inUrl.some(({ port }) => port) && inUrl.map(({ port }) => port).join()) ||
    env.PGPORT ||
    ''
  ).split(',')
  if (ports.length > 1 && ports.length !== hosts.length)
    problems.push(`port: ${ports.length} ports for ${hosts.length} hosts; give one for all, or one for each`)
  return hosts.map((host, index) => ({
    host,
    port: parsePort((ports.length === 1 ? ports[0] : ports[index]) || '5432', problems),
  }))
}

/** Names and passwords come from Secrets, and `echo` ends what it prints with a line break. */
function refuseLineBreaks(
  parts: Readonly<Record<'host' | 'user' | 'database' | 'password', string>>,
  source: string | undefined,
  problems: string[],
): void {
  for (const [what, value] of Object.entries(parts)) {
    if (!/[\r\n]/.test(value)) continue
    const where = source ? `${source} (or PG${what.toUpperCase()})` : `PG${what.toUpperCase()}`
    problems.push(`${where}: the ${what} contains a line break; write it without (printf or echo -n instead of echo)`)
  }
}

/** Whether new tables go to public, as they do by default. */
export function startsWithPublic(path: string): boolean {
  return /^\s*"?public"?\s*(,|$)/.test(path)
}

/** Prisma's schema is one name. public alone is where PostgreSQL looks anyway. */
function searchPathOf(parameter: (name: string) => string | undefined, problems: string[]): string | undefined {
  const [path, schema] = [parameter('search_path'), parameter('schema')]
  if (path && schema && path !== schema)
    problems.push(`schema: ${schema} contradicts the search_path ${path}; remove one of them`)
  const asked = path ?? (schema && `"${schema.replaceAll('"', '""')}"`)
  return asked && /^\s*"?public"?\s*$/.test(asked) ? undefined : asked
}

function withSearchPath(options: string | undefined, path: string | undefined): string | undefined {
  if (!path) return options
  return [options, `-c search_path=${escapeOption(path)}`].filter(Boolean).join(' ')
}

/** Stands in for the host that `postgresql://USER@/DATABASE?host=/SOCKETS` leaves out: URL rejects a user without a host. */
const leftOpen = 'left-open'

/** A host as a URL writes it. */
type Written = { readonly host: string; readonly port: string }
/** A URL, and the hosts behind its first one, which URL does not know. */
type ParsedUrl = { readonly url: URL; readonly others: readonly Written[] }

function parseUrl(text: string, source: string, problems: string[]): ParsedUrl | undefined {
  const scheme = /^([a-z0-9+.-]*):/i.exec(text)?.[1]
  // SQLAlchemy writes postgresql+psycopg://; the part after + names a Python driver and means nothing here.
  if (!scheme || !/^postgres(ql)?(\+\w+)?$/.test(scheme)) {
    const found = scheme && text.includes('://') ? `starts with ${scheme}://` : 'is not a URL'
    problems.push(`${source}: ${found}; ${urlHint}`)
    return undefined
  }
  try {
    const { text: single, others } = splitHosts(text.replace(scheme, 'postgresql'))
    const url = new URL(asPsqlReads(single))
    // A / in a password ends the host part early; messages would then show the rest, @ included, as the database's name.
    if (!url.pathname.includes('@') && !endsInPassword(url)) return { url, others }
    throw new Error('misplaced @')
  } catch {
    problems.push(
      `${source}: is not a well-formed URL; ${urlHint}. A user or password with one of : / ? # [ ] @ % in it must be percent-encoded (@ is %40)`,
    )
    return undefined
  }
}

/** Takes all hosts but the first out of a URL: URL knows one. Throws where a host or its port is none. */
function splitHosts(text: string): { readonly text: string; readonly others: readonly Written[] } {
  const [, before = '', hosts = '', after = ''] = /^(postgresql:\/\/(?:[^/@]*@)?)([^/?#@]*)(.*)$/s.exec(text) ?? []
  const [first = '', ...rest] = hosts.split(',')
  if (rest.length === 0) return { text, others: [] }
  const others = rest.map((each) => {
    const [, bracketed, plain = '', port = ''] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*))(?::(\d*))?$/i.exec(each) ?? []
    if (each && bracketed === undefined && !plain) throw new Error('not a host')
    return { host: bracketed ?? plain, port }
  })
  return { text: `${before}${first}${after}`, others }
}

/**
 * What an URL would read in another way than psql: in psql's, # means nothing, user and password end with the first @ before a /,
 * whatever stands in them (fe-connect.c, conninfo_uri_parse_options), and the host may be left out beside a user.
 */
function asPsqlReads(text: string): string {
  const [, lead = '', login, rest = text] = /^(postgresql:\/\/)(?:([^/@]*)@)?(.*)$/s.exec(text) ?? []
  if (login?.split(':')[0]?.includes('?')) throw new Error('a user with a bare ?')
  const host = /^(?:[/?#]|$)/.test(rest) ? leftOpen : ''
  const shown = login === undefined ? '' : `${login.replaceAll('?', '%3F')}@${host}`
  return `${lead}${shown}${rest}`.replaceAll('#', '%23')
}

/** Whether the search part is rather the end of a password with a bare /, whose pieces no message may show. */
function endsInPassword({ searchParams, username }: URL): boolean {
  const known = (name: string): boolean => parameters.some(({ names }) => names.includes(name))
  return [...searchParams].some(
    ([name, value]) => name.includes('@') || (!username && !known(name) && /@.*\//.test(value)),
  )
}

function decode(text: string, what: string, problems: string[]): string {
  try {
    return decodeURIComponent(text)
  } catch {
    problems.push(`${what} contains a % that is not part of an escape; write %25 for a percent sign`)
    return ''
  }
}

function parsePort(text: string, problems: string[]): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  problems.push(`PGPORT: "${text}" is not a port; PostgreSQL listens on 5432 by default`)
  return 0
}
