import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { startPgBouncer } from '../support/pgbouncer.ts'
import { startPostgres } from '../support/postgres-server.ts'

const one = { '001_a.sql': 'create table a (id int);', '002_b.sql': 'create table b (id int);' }

test.each(['schema=tenant', 'currentSchema=tenant', 'search_path=tenant'])(
  '%s: tables without a schema and the history go there',
  async (parameter) => {
    const { url, query } = await freshDatabase()
    await query('create schema tenant')
    const env = { DATABASE_URL: `${url}?${parameter}`, LOTSE_MIGRATIONS: migrationsFolder(one) }
    const unasked = await lotse(['up'], env)
    expect(unasked.code).toBe(20)
    expect(unasked.terminationMessage).toContain('LOTSE_SCHEMA')
    const run = await lotse(['up', '--schema', 'tenant'], env)
    expect(run.code, run.output).toBe(0)
    expect(
      await query(`select schemaname as schema, tablename as name from pg_tables where schemaname in ('tenant', 'public')
      order by name`),
    ).toEqual(['a', 'b', 'lotse_history'].map((name) => ({ schema: 'tenant', name })))
  },
)

test('an unknown parameter is refused before anything is done', async () => {
  const { url, query } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: `${url}?bogus=1`, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain('DATABASE_URL: unknown parameter "bogus"')
  expect(await query(`select to_regclass('a') as a`)).toEqual([{ a: null }])
})

test('PGPASSFILE holds the password', async () => {
  const server = await startPostgres(inject('postgresMajor'), { password: 'the-right-one' })
  onTestFinished(server.stop)
  const file = join(temporaryFolder(), 'pgpass')
  writeFileSync(file, `127.0.0.1:${server.port}:*:postgres:the-right-one\n`)
  chmodSync(file, 0o600)
  const url = Object.assign(new URL(server.url), { password: '' }).href
  const run = await lotse(['up'], { DATABASE_URL: url, PGPASSFILE: file, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code, run.output).toBe(0)
})

test('options that a pooler refuses are named', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['status'], {
    DATABASE_URL: await startPgBouncer(url, { mode: 'session' }),
    PGOPTIONS: '-c search_path=tenant',
    LOTSE_MIGRATIONS: migrationsFolder(one),
  })
  expect(run.code, run.output).toBe(21)
  expect(run.output).toContain('the pooler in front of this database accepts no options: remove options')
})

test('target_session_attrs=read-write waits until the database takes writes', async () => {
  const { url, query } = await freshDatabase()
  const setting = (value: string): Promise<unknown> =>
    query(
      `do $$ begin execute format('alter database %I set default_transaction_read_only = ${value}', current_database()); end $$`,
    )
  await setting('on')
  const env = { DATABASE_URL: `${url}?target_session_attrs=read-write`, LOTSE_MIGRATIONS: migrationsFolder(one) }
  const refused = await lotse(['up', '--connect-timeout', '1s'], env)
  expect(refused.code).toBe(21)
  expect(refused.terminationMessage).toContain(
    'the session is read-only, and target_session_attrs=read-write is asked for',
  )
  const run = start(['up'], env)
  await run.says(/Waiting for database/)
  const writable = await freshDatabase()
  await writable.query(`alter database ${new URL(url).pathname.slice(1)} reset default_transaction_read_only`)
  expect((await run.ended).code).toBe(0)
  const primary = await lotse(['status'], { ...env, DATABASE_URL: `${url}?target_session_attrs=primary` })
  expect(primary.code).toBe(0)
})
