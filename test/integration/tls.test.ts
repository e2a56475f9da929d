import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, type Run } from '../support/lotse.ts'
import { handOver, type Server, startPostgres } from '../support/postgres-server.ts'

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
  for (const path of [folder, key, certificate]) handOver(path)
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
  expect(refused.output).toMatch(
    /Next: name the CA that signed .*PGSSLROOTCERT; in the chart database.tls.caSecret or caConfigMap.*global-bundle.pem/,
  )
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

test.each(['ssl=true', 'sslmode=no-verify'])('%s is encrypted, and never goes on without', async (parameter) => {
  const { url, query } = await freshDatabase(server.url)
  const files = { '1_seen.sql': 'create table seen as select ssl from pg_stat_ssl where pid = pg_backend_pid()' }
  const env = { LOTSE_MIGRATIONS: migrationsFolder(files) }
  const run = await lotse(['up'], { ...env, DATABASE_URL: `${url}?${parameter}` })
  expect(run.code, run.output).toBe(0)
  expect(await query('select ssl from seen')).toEqual([{ ssl: true }])
  const plain = await freshDatabase()
  const refused = await lotse(['up'], { ...env, DATABASE_URL: `${plain.url}?${parameter}` })
  expect(refused.code, refused.output).toBe(21)
  expect(refused.terminationMessage).toContain('does not support SSL')
})

test('channel_binding=require logs in by SCRAM over TLS, and in no other way', async () => {
  const env = { LOTSE_MIGRATIONS: migrationsFolder({ '1_a.sql': 'create table a (id int)' }) }
  const bound = await startPostgres(inject('postgresMajor'), {
    settings: ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`],
    password: 'the-right-one',
  })
  onTestFinished(bound.stop)
  for (const mode of ['prefer', 'require']) {
    const run = await lotse(['up'], { ...env, DATABASE_URL: `${bound.url}?channel_binding=require&sslmode=${mode}` })
    expect(run.code, run.output).toBe(0)
  }
  const trusting = await freshDatabase(server.url)
  const plain = await startPostgres(inject('postgresMajor'), { password: 'the-right-one' })
  onTestFinished(plain.stop)
  for (const url of [trusting.url, plain.url]) {
    const run = await lotse(['up'], { ...env, DATABASE_URL: url, PGCHANNELBINDING: 'require' })
    expect(run.code, run.output).toBe(21)
    expect(run.terminationMessage).toContain(
      'channel_binding=require, but the server offers no SCRAM with channel binding',
    )
  }
})

test('a key with a passphrase is opened by sslpassword', async () => {
  const { url } = await freshDatabase(server.url)
  const locked = join(folder, 'locked.pem')
  execFileSync('openssl', ['ec', '-in', key, '-out', locked, '-aes256', '-passout', 'pass:open sesame'], {
    stdio: 'pipe',
  })
  const env = { LOTSE_MIGRATIONS: migrationsFolder({ '1_a.sql': 'create table a (id int)' }) }
  const query = `?sslmode=require&sslcert=${certificate}&sslkey=${locked}`
  const refused = await lotse(['up'], { ...env, DATABASE_URL: `${url}${query}&sslpassword=wrong` })
  expect(refused.code, refused.output).toBe(21)
  const run = await lotse(['up'], { ...env, DATABASE_URL: `${url}${query}&sslpassword=open%20sesame` })
  expect(run.code, run.output).toBe(0)
})

test('sslnegotiation=direct speaks TLS from the first byte, which PostgreSQL takes from version 17 on', async () => {
  const { url } = await freshDatabase(server.url)
  const run = await lotse(['up'], {
    DATABASE_URL: `${url}?sslmode=require&sslnegotiation=direct&connect_timeout=5`,
    LOTSE_MIGRATIONS: migrationsFolder({ '1_a.sql': 'create table a (id int)' }),
    LOTSE_CONNECT_TIMEOUT: '2s',
  })
  expect(run.code, run.output).toBe(Number(inject('postgresMajor')) >= 17 ? 0 : 21)
})
