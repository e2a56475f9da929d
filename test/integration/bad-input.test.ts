import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort, startPostgres } from '../support/postgres-server.ts'

const one = { '001_a.sql': 'create table a (id int);' }
const secret = 'hunter2-very-secret'

test('no database configured', async () => {
  const run = await lotse(['up'], { LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(
    'ConfigInvalid: the configuration is wrong: no database is configured: set DATABASE_URL (write postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require), or PGHOST, PGDATABASE, PGUSER and PGPASSWORD',
  )
})

test.each([
  ['not-a-url', 'DATABASE_URL: is not a URL'],
  [`mysql://root:${secret}@db/shop`, 'DATABASE_URL: starts with mysql://'],
  [`postgresql://shop:${secret}/with@db/shop`, 'is not a well-formed URL'],
  [
    `postgresql://shop:${secret}%@db/shop`,
    'DATABASE_URL: the password contains a % that is not part of an escape; write %25',
  ],
  [`postgresql://db/shop?password=${secret}`, 'DATABASE_URL: contains no user'],
  [`postgresql://shop:${secret}@one:5432,,two:5432/shop`, 'DATABASE_URL: one of the hosts is empty'],
  [`postgresql://shop:${secret}@/shop`, 'DATABASE_URL: contains no host'],
  [`postgresql://app:4711/${secret}@db:5432/shop`, 'must be percent-encoded'],
  [
    `postgresql://shop:${secret}@db/shop?sslmode=maybe`,
    'sslmode: "maybe" is unknown; use one of disable, prefer, require, verify-ca, verify-full',
  ],
])('malformed URL %#: the problem is named, the password is not', async (url, message) => {
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(message)
  expect(run.output + run.terminationMessage).not.toContain(secret)
})

test('every problem of the configuration is reported at once', async () => {
  const run = await lotse(['up', '--timeout', 'soon'], {
    LOTSE_LOCK_WAIT: '5',
    LOTSE_LOG_FORMAT: 'xml',
    PGPORT: 'http',
  })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain('the configuration has 5 problems')
  for (const problem of [
    '- no database',
    '- PGPORT: "http"',
    '- --timeout: "soon"',
    '- LOTSE_LOCK_WAIT: "5"',
    '- LOTSE_LOG_FORMAT: "xml"',
  ]) {
    expect(run.terminationMessage).toContain(problem)
  }
})

test('an unknown flag and an unknown command are named', async () => {
  expect((await lotse(['up', '--timeuot', '1s'], {})).output).toContain(
    "Unknown option '--timeuot'; usage: lotse up [--every-phase], see lotse up --help",
  )
  expect(await lotse(['stauts'], {})).toMatchObject({
    code: 20,
    output: 'lotse: unknown command "stauts"; did you mean status? See lotse --help\n',
  })
  expect(await lotse(['help', 'upp'], {})).toMatchObject({
    code: 20,
    output: 'lotse: unknown command "upp"; did you mean up? See lotse --help\n',
  })
  expect(await lotse(['frobnicate', '--help'], {})).toMatchObject({
    code: 20,
    output: 'lotse: unknown command "frobnicate". See lotse --help\n',
  })
})

test('a wrong password is refused at once', async () => {
  const server = await startPostgres('17', { password: 'the-right-one' })
  onTestFinished(server.stop)
  const url = server.url.replace('the-right-one', secret)
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(21)
  expect(run.terminationMessage).toContain(
    'refused user postgres: password authentication failed for user "postgres" (SQLSTATE 28P01)',
  )
  expect(run.terminationMessage).toContain('Waiting would not help, so this was not tried again.')
  expect(run.output + run.terminationMessage).not.toContain(secret)
})

test('a server that asks for a password and gets none says so', async () => {
  const server = await startPostgres('18', { password: secret })
  onTestFinished(() => server.stop())
  const url = Object.assign(new URL(server.url), { password: '' }).href
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(21)
  expect(run.terminationMessage).toContain('refused user postgres: it asks for a password, and none was given')
  expect(run.terminationMessage).toContain('PGPASSWORD')
})

test('an unknown database is refused at once', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], {
    DATABASE_URL: url.replace(/\/[^/]*$/, '/nowhere'),
    LOTSE_MIGRATIONS: migrationsFolder(one),
  })
  expect(run.code).toBe(21)
  expect(run.terminationMessage).toContain('database "nowhere" does not exist (SQLSTATE 3D000)')
  expect(run.terminationMessage).toContain('Next: create the database, or correct its name.')
})

test('a database that never comes up is waited for, but not for ever', async () => {
  const url = `postgresql://shop:${secret}@127.0.0.1:${await freePort()}/shop`
  const run = await lotse(['up', '--connect-timeout', '2s'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder(one),
  })
  expect(run.code).toBe(21)
  expect(run.output).toContain('Waiting for database shop at 127.0.0.1')
  expect(run.terminationMessage).toMatch(/did not answer within \d s: connect ECONNREFUSED/)
  expect(run.output + run.terminationMessage).not.toContain(secret)
})

test('a missing and an empty migrations folder', async () => {
  const env = { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop' }
  const missing = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: '/nowhere/migrations' })
  expect(missing.code).toBe(20)
  expect(missing.terminationMessage).toContain('the migrations folder /nowhere/migrations does not exist')
  const empty = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: temporaryFolder() })
  expect(empty.code).toBe(20)
  expect(empty.terminationMessage).toMatch(/the migrations folder .* holds no migrations/)
})

test('two files of one name, a file that is not UTF-8 and strangers are listed together', async () => {
  const folder = migrationsFolder({
    '001_a.sql': 'select 1;',
    '001_a.up.sql': 'select 2;',
    '002_latin1.sql': Buffer.from('select 1;\n-- Stra\xdfe\n', 'latin1'),
    '003_empty.ts': ' \n',
    '004_script.sh': 'psql',
  })
  const run = await lotse(['up'], { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop', LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(
    '- 001_a.sql and 001_a.up.sql: are both the migration 001_a; rename or delete one',
  )
  expect(run.terminationMessage).toContain(
    '- 002_latin1.sql, line 2: is not UTF-8 (byte 0xdf at offset 17); save it as UTF-8',
  )
  expect(run.terminationMessage).toContain('- 003_empty.ts: is empty')
  expect(run.terminationMessage).toContain('- 004_script.sh: is not a migration')
})

test('a database that takes no writes is named', async () => {
  const { url, query } = await freshDatabase()
  await query(
    `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
  )
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(21)
  expect(run.terminationMessage).toContain(
    'takes no writes: its transactions are read-only (default_transaction_read_only)',
  )
})

test('a user who may not create the history table is told the GRANT', async () => {
  const { url, query } = await freshDatabase()
  const role = `guest_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login; revoke create on schema public from public`)
  const run = await lotse(['up'], {
    DATABASE_URL: url.replace('postgres@', `${role}@`),
    LOTSE_MIGRATIONS: migrationsFolder(one),
  })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('Next: run GRANT USAGE, CREATE ON SCHEMA "public" TO "guest_')
  await query(`drop role ${role}`)
})

test('a time longer than a timer holds is refused', async () => {
  const run = await lotse(['up', '--timeout', '700h'], {
    DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop',
    LOTSE_MIGRATIONS: migrationsFolder(one),
  })
  expect(run.terminationMessage).toContain('--timeout: "700h" is longer than the maximum of 24 days')
})

test('SIGTERM while the database is waited for ends the run as what it is', async () => {
  const url = `postgresql://shop@127.0.0.1:${await freePort()}/shop`
  const run = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  await run.says(/Waiting for database/)
  run.kill('SIGTERM')
  expect(await run.ended).toMatchObject({
    code: 143,
    terminationMessage: expect.stringContaining('Interrupted: stopped by SIGTERM'),
  })
})

const dump = 'create table t (id int, name text);\ncopy t (id, name) from stdin;\n'
test.each([
  [
    '001_a.sql',
    dump,
    'Next: write the rows of 001_a.sql as INSERT (pg_dump --inserts; only psql can send the data of COPY FROM STDIN) and run lotse up again.',
  ],
  [
    '001_a.sql',
    `${dump}1\ttea\n\\.\nselect 1;`,
    'Next: write the rows of 001_a.sql as INSERT (pg_dump --inserts; only psql can send the data of COPY FROM STDIN) and run lotse up again.',
  ],
  [
    '001_a.sql',
    '-- dump\n\\restrict abc\nselect 1;',
    'Next: remove the line from 001_a.sql (a psql command, not SQL) and run lotse up again.',
  ],
  [
    '001_a.ts',
    `export const up = ({ context }) => context.query('vacuum')`,
    'Next: put "// lotse: no-transaction" at the head of 001_a.ts',
  ],
  [
    '001_a.sql',
    `create procedure p() language plpgsql as 'begin commit; end'; call p();`,
    'Next: put "-- lotse: no-transaction" at the head of 001_a.sql',
  ],
  [
    '001_a.sql',
    'select pg_cancel_backend(pg_backend_pid());',
    'Next: find out who cancelled the statement, then run lotse up again.',
  ],
])('%s with %j is told what to do about it', async (file, text, remedy) => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ [file]: text }) })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(remedy)
})

test('a value of an enum that is used in the transaction that adds it is told the directive, which then helps', async () => {
  const { url, query } = await freshDatabase()
  await query(`create type size as enum ('small')`)
  const sql = `alter type size add value 'large';\ncreate table t (s size default 'large');`
  const env = { DATABASE_URL: url }
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder({ '001_size.sql': sql }) })
  expect(run.terminationMessage).toContain('Next: put "-- lotse: no-transaction" at the head of 001_size.sql')
  const folder = migrationsFolder({ '001_size.sql': `-- lotse: no-transaction\n${sql}` })
  expect((await lotse(['up'], { ...env, LOTSE_MIGRATIONS: folder })).code).toBe(0)
})

test('what is no regular file is named at once, and so is a file too large', async () => {
  const folder = migrationsFolder({ ...one, '004_large.sql': '' })
  execFileSync('mkfifo', [join(folder, '002_pipe.sql')])
  symlinkSync('/dev/zero', join(folder, '003_device.sql'))
  mkdirSync(join(folder, '005_folder.sql'))
  truncateSync(join(folder, '004_large.sql'), 101 * 1024 * 1024)
  // One that has something in it, and one that is never more than nothing.
  execFileSync('mkfifo', [join(folder, '006_full.sql')])
  const full = openSync(join(folder, '006_full.sql'), 'r+')
  writeSync(full, 'drop table a;')
  onTestFinished(() => closeSync(full))
  symlinkSync('/dev/null', join(folder, '007_null.sql'))
  const run = await lotse(['up'], { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop', LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(20)
  for (const problem of [
    '- 002_pipe.sql: is a named pipe (FIFO), not a file',
    '- 003_device.sql: is a device, not a file',
    '- 004_large.sql: has 101 MiB, more than the 100 MiB that one migration may have',
    '- 005_folder.sql: is a folder, not a file',
    '- 006_full.sql: is a named pipe (FIFO), not a file',
    '- 007_null.sql: is a device, not a file',
  ])
    expect(run.terminationMessage).toContain(problem)
})

test('a file is read to its end, whatever its size', async () => {
  const { url, query } = await freshDatabase()
  const sizes = [1, 2, 3, 4].map((each) => each * 32 * 1024).flatMap((size) => [size - 1, size, size + 1])
  const files = sizes.map((size) => {
    const end = `create table size_${size} ()`
    return [`${size}.sql`, `--${' '.repeat(size - end.length - 3)}\n${end}`]
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(Object.fromEntries(files)) })
  expect(run.code, run.output).toBe(0)
  const tables = await query(`select tablename from pg_tables where tablename like 'size%'`)
  expect(tables).toHaveLength(sizes.length)
})
