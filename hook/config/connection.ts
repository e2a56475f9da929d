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
  readonly options: string | undefined
}

const urlHint = 'write postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require'

/**
 * Reads the database from a URL (flag, then DATABASE_URL) and fills what it leaves open from libpq's PG* variables
 * (PostgreSQL docs 32.15). Adds every problem found to `problems`; no problem text ever quotes the URL, it holds a password.
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
    if (!host) problems.push(`${where}: names no host; ${urlHint}, or set PGHOST`)
    if (host.includes(',')) problems.push(`${where}: names several hosts; name the one that accepts writes`)
    if (!user) problems.push(`${where}: names no user; ${text ? urlHint : 'set PGUSER'}`)
  }
  return {
    host,
    port: parsePort(url?.port || parameter('port') || env.PGPORT || '5432', problems),
    name,
    user,
    password: () => password,
    tls: parseTls(parameter, env, problems),
    options: parameter('options') ?? env.PGOPTIONS,
  }
}

/** Stands for the host that a URL with a user leaves open: `postgresql://USER@/DATABASE?host=/SOCKETS`, which URL itself does not take. */
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
    problems.push(`${source}: names several hosts; name the one that accepts writes`)
    return undefined
  }
  try {
    const url = new URL(text.replace(scheme, 'postgresql').replace(/^([^/]*\/\/[^/?#]*@)(?=[/?#]|$)/, `$1${leftOpen}`))
    // A password with a bare / ? or # ends the host part early: what follows, @ included, would be shown as the database's name.
    if (!`${url.pathname}${url.hash}`.includes('@') && !/^[^=&]*@/.test(url.search.slice(1))) return url
    throw new Error('misplaced @')
  } catch {
    problems.push(
      `${source}: is not a well-formed URL; ${urlHint}. A user or password with one of : / ? # [ ] @ % in it must be percent-encoded (@ is %40)`,
    )
    return undefined
  }
}

function decode(text: string, what: string, problems: string[]): string {
  try {
    return decodeURIComponent(text)
  } catch {
    problems.push(`${what} has a % that starts no escape; write %25 for a percent sign`)
    return ''
  }
}

function parsePort(text: string, problems: string[]): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  problems.push(`PGPORT: "${text}" is not a port; PostgreSQL listens on 5432 by default`)
  return 0
}
