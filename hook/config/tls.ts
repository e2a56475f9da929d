import { X509Certificate } from 'node:crypto'
import type { SecureVersion } from 'node:tls'
import type { Env } from './reader.ts'
import { readRegularFile, reasonOf } from './regular-file.ts'

/** TLS modes as libpq defines them (PostgreSQL docs 34.19.1 "Client Verification of Server Certificates"). */
const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type TlsMode = (typeof tlsModes)[number]

/** Whether the connection is encrypted and how the server proves who it is; certificates and the key in PEM. */
export type Tls = {
  readonly mode: TlsMode
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly crl?: string
  /** The passphrase of the key; a function so that no log can print it by accident. */
  readonly passphrase?: () => string
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  /** Begins with TLS at once instead of asking for it (libpq: sslnegotiation=direct). */
  readonly direct?: true
}

/**
 * Reads the TLS settings from a URL's parameters, and what they leave open from libpq's variables. Reads certificates from their
 * files. Adds every problem found to `problems`.
 */
export function parseTls(parameter: (name: string) => string | undefined, env: Env, problems: string[]): Tls {
  const system = (parameter('sslrootcert') ?? env.PGSSLROOTCERT) === 'system'
  const asked = modeOf(parameter, env, problems) ?? env.PGSSLMODE ?? (system ? 'verify-full' : undefined)
  // libpq's allow differs from prefer only in what it tries first. no-verify is node-pg's: encrypted, whoever the server is.
  const plain = { allow: 'prefer', 'no-verify': 'require' }[asked ?? ''] ?? asked
  const mode = plain ?? 'prefer'
  if (!isTlsMode(mode)) problems.push(`sslmode: "${mode}" is unknown; use one of ${tlsModes.join(', ')}`)
  else if (system && mode !== 'verify-full')
    problems.push(`sslmode: ${mode} is too weak for sslrootcert=system; use verify-full`)
  const file = (name: string, variable: string): string | undefined => {
    const path = parameter(name) ?? env[variable]
    if (!path || path === 'system') return undefined
    try {
      return readRegularFile(path)
    } catch (error) {
      problems.push(`${name}: cannot read ${path}: ${reasonOf(error)}`)
      return undefined
    }
  }
  const ca = asked === 'no-verify' ? undefined : file('sslrootcert', 'PGSSLROOTCERT')
  if (ca !== undefined) checkCa(ca, parameter('sslrootcert') ?? env.PGSSLROOTCERT ?? '', problems)
  const cert = file('sslcert', 'PGSSLCERT')
  const key = file('sslkey', 'PGSSLKEY')
  const crl = file('sslcrl', 'PGSSLCRL')
  const passphrase = parameter('sslpassword')
  const minVersion = parameter('ssl_min_protocol_version') ?? env.PGSSLMINPROTOCOLVERSION
  const maxVersion = parameter('ssl_max_protocol_version') ?? env.PGSSLMAXPROTOCOLVERSION
  const direct = (parameter('sslnegotiation') ?? env.PGSSLNEGOTIATION) === 'direct'
  if (direct && (mode === 'disable' || mode === 'prefer'))
    problems.push(`sslmode: ${mode} is too weak for sslnegotiation=direct; use require or stronger`)
  // With a root certificate, require verifies it too (PostgreSQL docs 34.19.1).
  const effective = mode === 'require' && ca ? 'verify-ca' : mode
  return {
    mode: isTlsMode(effective) ? effective : 'prefer',
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(crl ? { crl } : {}),
    ...(passphrase ? { passphrase: () => passphrase } : {}),
    ...(minVersion ? { minVersion: minVersion as SecureVersion } : {}),
    ...(maxVersion ? { maxVersion: maxVersion as SecureVersion } : {}),
    ...(direct ? { direct } : {}),
  }
}

/** The mode that a URL asks for; `ssl` is how JDBC and node-pg write it, and libpq reads its `true` as require. */
function modeOf(parameter: (name: string) => string | undefined, env: Env, problems: string[]): string | undefined {
  const [mode, ssl] = [parameter('sslmode'), parameter('ssl')?.toLowerCase()]
  if (ssl === undefined) return mode
  const meant = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' }[ssl] ?? ssl
  if (!isTlsMode(meant) && meant !== 'no-verify')
    problems.push(`ssl: "${ssl}" is unknown; use true or false, or sslmode`)
  // A variable that asks for more than `ssl` does is not weakened by it.
  if (mode === undefined && meant === 'require' && /^verify-/.test(env.PGSSLMODE ?? '')) return env.PGSSLMODE
  if (mode === undefined) return isTlsMode(meant) || meant === 'no-verify' ? meant : undefined
  const encrypts = (each: string): boolean => !['disable', 'allow', 'prefer'].includes(each)
  if (encrypts(meant) && !encrypts(mode)) problems.push(`sslmode: ${mode} contradicts ssl=${ssl}; remove one of them`)
  return mode
}

/** Node takes a file that holds no certificate for an empty list of CAs, and then trusts nobody without saying why. */
function checkCa(text: string, path: string, problems: string[]): void {
  const certificates = text.match(/-----BEGIN [^-]*CERTIFICATE-----[^-]*-----END [^-]*CERTIFICATE-----/g) ?? []
  if (certificates.length === 0)
    return void problems.push(`sslrootcert: ${path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`)
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch {
      problems.push(`sslrootcert: certificate ${index + 1} of ${certificates.length} in ${path} cannot be read`)
    }
  }
}

function isTlsMode(mode: string): mode is TlsMode {
  return (tlsModes as readonly string[]).includes(mode)
}
