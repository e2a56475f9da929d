import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

const table = 'create table orders (id int); insert into orders values (1);'
const folder = () => migrationsFolder({ '001_total.sql': 'alter table orders add column total int;' })

/** A client of the application that has read the table in a transaction it forgets to end. */
async function blocker({ connect }: TestDatabase): Promise<pg.Client> {
  const client = await connect()
  await client.query(`set application_name = 'report of the month'`)
  await client.query('begin')
  await client.query('select count(*) from orders')
  return client
}

const waiting = `select 1 from pg_stat_activity where datname = current_database() and application_name like 'lotse%' and wait_event_type = 'Lock'`

/** Reads the table again and again until it is stopped; returns how long each read took, in milliseconds. */
function application(client: pg.Client): () => Promise<number[]> {
  const latencies: number[] = []
  let running = true
  const loop = (async () => {
    while (running) {
      const started = performance.now()
      await client.query('select * from orders')
      latencies.push(performance.now() - started)
      await delay(10)
    }
  })()
  return async () => {
    running = false
    await loop
    return latencies
  }
}

test('a table in use is tried again, the blocker is named, and no query of the application waits longer than the lock timeout', async () => {
  const database = await freshDatabase()
  const { url, query, connect } = database
  await query(table)
  const reader = await blocker(database)
  const stop = application(await connect())
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_LOCK_TIMEOUT: '500ms', LOTSE_LOG_FORMAT: 'json' }
  const run = start(['up'], env)
  await run.says(/"event":"migration.retried".*(\n.*)*"event":"migration.retried".*(\n.*)*"event":"migration.retried"/)
  await reader.query('commit')
  const { code, events, output } = await run.ended
  const latencies = await stop()
  expect(code, output).toBe(0)
  expect(await query('select id, total from orders')).toEqual([{ id: 1, total: null }])

  const retried = events.filter(({ event }) => event === 'migration.retried')
  expect(retried[0]?.error).toBe('canceling statement due to lock timeout (SQLSTATE 55P03)')
  const blockers = (retried.at(-1)?.blockers as string[] | undefined)?.join('\n')
  expect(blockers).toMatch(
    /^Waiting for AccessExclusiveLock on orders, blocked by\n- pid (\d+) \(report of the month, user postgres, from 127.0.0.1(\/32)?, idle in transaction, in a transaction for .* m?s\): select count\(\*\) from orders$/,
  )
  expect(blockers).toContain(`pid ${pid(reader)} `)
  // It did queue behind the migration, or there was nothing to measure; a second is for a busy machine.
  expect(Math.max(...latencies)).toBeGreaterThan(200)
  expect(Math.max(...latencies)).toBeLessThan(500 + 1_000)
})

test('a blocker that stays is in the termination message, after the whole chain was followed to its root', async () => {
  const database = await freshDatabase()
  const { url, query, connect } = database
  await query(table)
  const root = await blocker(database)
  const between = await connect()
  await between.query(`set application_name = 'somebody in between'`)
  const queued = between.query('begin; lock table orders')
  const run = await lotse(['up', '--timeout', '9s', '--lock-timeout', '1s'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_read.sql': 'create table totals as select * from orders;' }),
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toMatch(/^MigrationFailed: .*lock timeout \(SQLSTATE 55P03\)/)
  expect(run.terminationMessage).toMatch(
    new RegExp(`blocked by\\n  - pid ${pid(root)} \\(report of the month, .*: select count\\(\\*\\) from orders`),
  )
  expect(run.terminationMessage).not.toContain('somebody in between')
  expect(run.terminationMessage).toMatch(/It was tried \d+ times\./)
  expect(run.terminationMessage).toContain('Next: end the session that blocks it (SELECT pg_terminate_backend(PID))')
  expect(await query(`select to_regclass('totals') as totals`)).toEqual([{ totals: null }])
  await root.query('commit')
  await queued
})

test('a role that may not see what others run is told which GRANT would show it', async () => {
  const role = `migrator_${randomBytes(4).toString('hex')}`
  const server = new pg.Client(inject('postgresUrl'))
  await server.connect()
  // Registered before the database's own end, so that it comes after it: a role that owns something cannot be dropped.
  onTestFinished(async () => {
    await server.query(`drop role ${role}`)
    await server.end()
  })
  await server.query(`create role ${role} login`)
  const database = await freshDatabase()
  await database.query(`${table} alter table orders owner to ${role}; grant create on schema public to ${role}`)
  const reader = await blocker(database)
  const run = await lotse(['up', '--timeout', '8s', '--lock-timeout', '1s'], {
    DATABASE_URL: Object.assign(new URL(database.url), { username: role }).href,
    LOTSE_MIGRATIONS: folder(),
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(`- pid ${pid(reader)} (report of the month, user postgres`)
  expect(run.terminationMessage).toContain(
    'To see the queries of other users: GRANT pg_read_all_stats TO the role Lotse connects as',
  )
})

test('a deadlock with the application rolls the whole migration back and tries it again', async () => {
  const { url, query, connect } = await freshDatabase()
  await query('create table a (n int); create table b (n int); insert into a values (0)')
  const application = await connect()
  // The server ends whoever looks first; this one never looks.
  await application.query(`set deadlock_timeout = '1h'`)
  await application.query('begin')
  await application.query('lock table b')
  const run = start(['up', '--lock-timeout', '20s'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_both.sql': 'update a set n = n + 1; lock table a; lock table b;' }),
  })
  await expect.poll(() => query(waiting), { timeout: 20_000, interval: 20 }).toHaveLength(1)
  await application.query('lock table a')
  await run.says(/001_both: deadlock detected \(SQLSTATE 40P01\)\. Rolled back; retrying in .* \(attempt 2\)/)
  await application.query('commit')
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await query('select n from a')).toEqual([{ n: 1 }])
})

function pid(client: object): number {
  return (client as { processID: number }).processID
}
