import { readFileSync } from 'node:fs'
import type { Env } from './reader.ts'

/** TLS modes as libpq defines them (PostgreSQL docs 32.19.1 "Client Verification of Server Certificates"). */
const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type TlsMode = (typeof tlsModes)[number]

/** Whether and how the server has to prove who it is; certificates and the key in PEM. */
export type Tls = { readonly mode: TlsMode; readonly ca?: string; readonly cert?: string; readonly key?: string }

/**
 * Reads how the connection is encrypted from a URL's parameters, and what they leave open from libpq's variables. Certificates are read
 * from their files. Adds every problem found to `problems`.
 */
export function parseTls(parameter: (name: string) => string | undefined, env: Env, problems: string[]): Tls {
  const system = (parameter('sslrootcert') ?? env.PGSSLROOTCERT) === 'system'
  const asked = parameter('sslmode') ?? env.PGSSLMODE ?? (system ? 'verify-full' : undefined)
  // libpq's allow differs from prefer only in what it tries first.
  const mode = asked === 'allow' ? 'prefer' : (asked ?? 'prefer')
  if (!isTlsMode(mode)) problems.push(`sslmode: "${mode}" is unknown; use one of ${tlsModes.join(', ')}`)
  else if (system && mode !== 'verify-full')
    problems.push(`sslmode: ${mode} is too weak for sslrootcert=system; use verify-full`)
  const file = (name: string, variable: string): string | undefined => {
    const path = parameter(name) ?? env[variable]
    if (!path || path === 'system') return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(`${name}: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
      return undefined
    }
  }
  const ca = file('sslrootcert', 'PGSSLROOTCERT')
  const cert = file('sslcert', 'PGSSLCERT')
  const key = file('sslkey', 'PGSSLKEY')
  // With a root certificate, require verifies it too (PostgreSQL docs 32.19.1).
  const effective = mode === 'require' && ca ? 'verify-ca' : mode
  return {
    mode: isTlsMode(effective) ? effective : 'prefer',
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  }
}

function isTlsMode(mode: string): mode is TlsMode {
  return (tlsModes as readonly string[]).includes(mode)
}
