import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPgBouncer } from '../support/pgbouncer.ts'
import { startPostgres } from '../support/postgres-server.ts'

const one = { '001_a.sql': 'create table a (id int);' }
const two = { ...one, '002_b.sql': 'create table b (id int);' }
const tables = `select to_regclass('a') as a, to_regclass('lotse_history') as history`

/** The application at work: clients that run short transactions one after the other, until the test ends. */
function busyClients(clients: readonly pg.Client[]): void {
  let running = true
  onTestFinished(() => {
    running = false
  })
  for (const client of clients) {
    void (async () => {
      while (running) {
        await client.query('begin; select pg_sleep(random() * 0.01); commit').catch(() => {})
        await delay(Math.random() * 10)
      }
    })()
  }
}

async function refused({ query }: TestDatabase, url: string): Promise<void> {
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code, run.output).toBe(20)
  expect(run.terminationMessage).toMatch(
    /^ConfigInvalid: .* is a connection pooler in transaction mode, through which no lock can be held/,
  )
  expect(run.terminationMessage).toContain('Nothing was changed.')
  expect(run.terminationMessage).toContain("Next: give the migrator the database's own host and port")
  expect(await query(tables)).toEqual([{ a: null, history: null }])
}

test('a pooler in transaction mode is refused with the remedy when nobody else uses it', async () => {
  const database = await freshDatabase()
  await refused(database, await startPgBouncer(database.url, { mode: 'transaction' }))
  await refused(database, await startPgBouncer(database.url, { mode: 'transaction', size: 1 }))
})

test('a pooler in transaction mode is refused however busy it is', async () => {
  const database = await freshDatabase()
  const pooled = await startPgBouncer(database.url, { mode: 'transaction', size: 6 })
  const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect(pooled)))
  busyClients(clients)
  for (let times = 0; times < 6; times++) await refused(database, pooled)
})

test('up to date, status and wait work through a pooler in transaction mode, for they need no lock', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) }
  expect((await lotse(['up'], env)).code).toBe(0)
  const pooled = { ...env, DATABASE_URL: await startPgBouncer(url, { mode: 'transaction' }) }
  for (const command of ['up', 'status', 'wait']) {
    const run = await lotse([command], pooled)
    expect(run.code, run.output).toBe(0)
  }
  expect((await lotse(['status'], { ...pooled, LOTSE_MIGRATIONS: migrationsFolder(two) })).code).toBe(10)
})

test.each([1, 20])('a pooler in session mode with %i connections is as good as the database itself', async (size) => {
  const { url, query } = await freshDatabase()
  const pooled = await startPgBouncer(url, { mode: 'session', size })
  const env = { DATABASE_URL: pooled, LOTSE_MIGRATIONS: migrationsFolder(two) }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select name from lotse_history order by position')).toEqual([
    { name: '001_a' },
    { name: '002_b' },
  ])
})

test('SIGTERM cancels the statement through a pooler in session mode, and the lock is free', async () => {
  const { url, query } = await freshDatabase()
  const pooled = await startPgBouncer(url, { mode: 'session' })
  const folder = migrationsFolder({ ...one, '002_long.sql': 'create table half_done (id int); select pg_sleep(120);' })
  const run = start(['up'], { DATABASE_URL: pooled, LOTSE_MIGRATIONS: folder })
  const sleeping = `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`
  await expect.poll(() => query(sleeping), { timeout: 20_000 }).toHaveLength(1)
  const signalled = performance.now()
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
  expect(performance.now() - signalled).toBeLessThan(5_000)
  expect(await query(sleeping)).toEqual([])
  const again = await lotse(['up', '--lock-wait', '3s'], {
    DATABASE_URL: pooled,
    LOTSE_MIGRATIONS: migrationsFolder({ ...one, '002_long.sql': 'create table half_done (id int);' }),
  })
  expect(again.code, again.output).toBe(0)
})

test('through a pooler in session mode it is said who is in the way', async () => {
  const { url, query, connect } = await freshDatabase()
  await query('create table a (id int)')
  const reader = await connect()
  await reader.query(`set application_name = 'report of the month'; begin; select from a`)
  const run = await lotse(['up', '--lock-timeout', '500ms', '--timeout', '8s'], {
    DATABASE_URL: await startPgBouncer(url, { mode: 'session' }),
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'alter table a add column total int;' }),
  })
  expect(run.code).toBe(24)
  expect(run.output).toMatch(/blocked by\n +- pid \d+ \(report of the month, /)
})

test('a pooler that lets one in while its server is down is no database: that is said when the time for connecting is over', async () => {
  const server = await startPostgres(inject('postgresMajor'))
  const pooled = await startPgBouncer(server.url, { mode: 'session' }).finally(server.stop)
  const env = { DATABASE_URL: pooled, LOTSE_MIGRATIONS: migrationsFolder(one), LOTSE_CONNECT_TIMEOUT: '2s' }
  const { code, terminationMessage } = await lotse(['up'], env)
  expect(code).toBe(21)
  expect(terminationMessage).toMatch(
    /^DatabaseUnreachable: database \S+ at 127.0.0.1:\d+ accepted postgres's login but did not respond for 2 s\n/,
  )
})
