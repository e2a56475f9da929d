import { checkParameters, checkVariables } from './parameters.ts'
import type { Env } from './reader.ts'
import { parseTls, type Tls } from './tls.ts'

/** Where the database is. The password is a function so that no log or error can print it by accident. */
export type Database = {
  readonly host: string
  readonly port: number
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
 */
export function parseDatabase(flagUrl: string | undefined, env: Env, problems: string[]): Database {
  const source = flagUrl ? '--database-url' : 'DATABASE_URL'
  const text = flagUrl || env.DATABASE_URL
  if (!text && !env.PGHOST) {
    problems.push(
      `no database is configured: set DATABASE_URL (${urlHint}), or PGHOST, PGDATABASE, PGUSER and PGPASSWORD`,
    )
  }
  const url = text ? parseUrl(text, source, problems) : undefined
  const broken = problems.length > 0
  const part = (value: string | undefined, what: string): string =>
    decode(value ?? '', `${source}: the ${what}`, problems)
  const parameter = (name: string): string | undefined => url?.searchParams.get(name) || undefined

  const hostname = url?.hostname === leftOpen ? '' : url?.hostname
  const host = parameter('host') || part(hostname, 'host').replace(/^\[|\]$/g, '') || env.PGHOST || ''
  const user = part(url?.username, 'user') || parameter('user') || env.PGUSER || ''
  const password = part(url?.password, 'password') || parameter('password') || env.PGPASSWORD || undefined
  const name = part(url?.pathname.slice(1), 'database') || parameter('dbname') || env.PGDATABASE || user
  if (!broken) {
    const where = text ? source : 'PGHOST'
    if (!host) problems.push(`${where}: contains no host; ${urlHint}, or set PGHOST`)
    if (host.includes(',')) problems.push(`${where}: contains several hosts; use the one that accepts writes`)
    if (!user) problems.push(`${where}: contains no user; ${text ? urlHint : 'set PGUSER'}`)
    if (url) checkParameters(url.searchParams, source, problems)
    checkVariables(env, url?.searchParams, problems)
    refuseLineBreaks({ host, user, database: name, password: password ?? '' }, text ? source : undefined, problems)
  }
  const tls = parseTls(parameter, env, problems)
  const bindChannel = (parameter('channel_binding') ?? env.PGCHANNELBINDING) === 'require'
  if (bindChannel && (tls.mode === 'disable' || host.startsWith('/')))
    problems.push('channel_binding: require needs TLS; use sslmode=require or stronger')
  const attributes = parameter('target_session_attrs') ?? env.PGTARGETSESSIONATTRS
  const searchPath = searchPathOf(parameter)
  return {
    host,
    port: parsePort(url?.port || parameter('port') || env.PGPORT || '5432', problems),
    name,
    user,
    password: () => password,
    tls,
    options: withSearchPath(parameter('options') ?? env.PGOPTIONS, searchPath),
    searchPath,
    bindChannel,
    sessionAttributes: attributes === 'read-write' || attributes === 'primary' ? attributes : 'any',
  }
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

/** JDBC's currentSchema is a search_path, Prisma's schema one name. public alone is where PostgreSQL looks anyway. */
function searchPathOf(parameter: (name: string) => string | undefined): string | undefined {
  const schema = parameter('schema')
  const path = parameter('search_path') ?? parameter('currentSchema')
  const asked = path ?? (schema && `"${schema.replaceAll('"', '""')}"`)
  return asked && /^\s*"?public"?\s*$/.test(asked) ? undefined : asked
}

/** In `options`, a backslash keeps a space or a backslash from ending the value (PostgreSQL docs 34.1.2). */
function withSearchPath(options: string | undefined, path: string | undefined): string | undefined {
  if (!path) return options
  return [options, `-c search_path=${path.replaceAll(/[\s\\]/g, '\\$&')}`].filter(Boolean).join(' ')
}

/** Stands in for the host that `postgresql://USER@/DATABASE?host=/SOCKETS` leaves out: URL rejects a user without a host. */
const leftOpen = 'left-open'

function parseUrl(text: string, source: string, problems: string[]): URL | undefined {
  const scheme = /^([a-z0-9+.-]*):/i.exec(text)?.[1]
  // SQLAlchemy writes postgresql+psycopg://; the part after + names a Python driver and means nothing here.
  if (!scheme || !/^postgres(ql)?(\+\w+)?$/.test(scheme)) {
    const found = scheme && text.includes('://') ? `starts with ${scheme}://` : 'is not a URL'
    problems.push(`${source}: ${found}; ${urlHint}`)
    return undefined
  }
  const [, hosts = ''] = /^[^/]*\/\/(?:[^/?#]*@)?([^/?#@]*)/.exec(text) ?? []
  if (hosts.includes(',')) {
    problems.push(`${source}: contains several hosts; use the one that accepts writes`)
    return undefined
  }
  try {
    const url = new URL(text.replace(scheme, 'postgresql').replace(/^([^/]*\/\/[^/?#]*@)(?=[/?#]|$)/, `$1${leftOpen}`))
    // A bare / ? or # in a password ends the host part early; messages would then show the rest, @ included, as the database's name.
    if (!`${url.pathname}${url.hash}`.includes('@') && !endsInPassword(url)) return url
    throw new Error('misplaced @')
  } catch {
    problems.push(
      `${source}: is not a well-formed URL; ${urlHint}. A user or password with one of : / ? # [ ] @ % in it must be percent-encoded (@ is %40)`,
    )
    return undefined
  }
}

/** Whether the search part is rather the end of a password with a bare ?, whose pieces no message may show. */
function endsInPassword({ search, username }: URL): boolean {
  return /(^\?|&)[^=&]*@/.test(search) || (!username && /@[^&]*\//.test(search))
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
