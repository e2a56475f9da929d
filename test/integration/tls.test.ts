import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, type Run } from '../support/lotse.ts'
import { nobody, type Server, startPostgres } from '../support/postgres-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lotse-tls-'))
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
let server: Server

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      ...subject,
    ].concat(['-keyout', key, '-out', certificate]),
    { stdio: 'pipe' },
  )
  for (const path of [folder, key, certificate]) chownSync(path, nobody, nobody)
  chmodSync(key, 0o600)
  server = await startPostgres(inject('postgresMajor'), {
    settings: ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`],
  })
})

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Migrates with the mode and says whether PostgreSQL saw the connection encrypted. */
async function connectTo(
  url: string,
  query: (sql: string) => Promise<unknown[]>,
  mode: string,
): Promise<[Run, unknown]> {
  const files = { '1_seen.sql': 'create table seen as select ssl from pg_stat_ssl where pid = pg_backend_pid()' }
  const run = await lotse(['up'], { DATABASE_URL: `${url}?sslmode=${mode}`, LOTSE_MIGRATIONS: migrationsFolder(files) })
  return [run, run.code === 0 ? (await query('select ssl from seen'))[0] : undefined]
}

test.each([
  ['disable', false],
  ['prefer', true],
  ['require', true],
])('a server with TLS, sslmode %s: encrypted %s', async (mode, ssl) => {
  const { url, query } = await freshDatabase(server.url)
  const [run, seen] = await connectTo(url, query, mode)
  expect(run.code, run.output).toBe(0)
  expect(seen).toEqual({ ssl })
})

test('sslmode verify-full takes the certificate of a CA it is given, and no other', async () => {
  const { url, query } = await freshDatabase(server.url)
  const [refused] = await connectTo(url, query, 'verify-full')
  expect(refused.code, refused.output).toBe(21)
  expect(refused.output).toContain('PGSSLROOTCERT')
  const [run, seen] = await connectTo(url, query, `verify-full&sslrootcert=${certificate}`)
  expect(run.code, run.output).toBe(0)
  expect(seen).toEqual({ ssl: true })
})

test('a server without TLS: sslmode prefer goes on in plain text, require is refused', async () => {
  const { url, query } = await freshDatabase()
  const [run, seen] = await connectTo(url, query, 'prefer')
  expect(run.code, run.output).toBe(0)
  expect(seen).toEqual({ ssl: false })
  const [refused] = await connectTo(url, query, 'require')
  expect(refused.code, refused.output).toBe(21)
})
