import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'

const slow = () => migrationsFolder({ '001_a.sql': 'create table a (id int);', '002_slow.sql': 'select pg_sleep(60);' })

test('a migrator that is killed twice has what is left of the time of its Job, ends itself in time and says why', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: slow(), LOTSE_TIMEOUT: '9s', LOTSE_JOB_UID: 'b7a1' }
  for (const _ of ['first', 'second']) {
    const attempt = start(['up'], env)
    await attempt.says(/Applying 002_slow/)
    attempt.kill('SIGKILL')
    await attempt.ended
    // The server lets go of the run lock once it sees that nobody is there.
    const held = `select 1 from pg_locks join pg_database on database = pg_database.oid where datname = current_database() and locktype = 'advisory'`
    await expect.poll(() => query(held), { timeout: 30_000 }).toEqual([])
    // Kubernetes takes its time, too.
    await query('select pg_sleep(1)')
  }
  const third = await lotse(['up'], env)
  expect(third.code).toBe(24)
  expect(third.terminationMessage).toMatch(
    /^MigrationFailed: the run did not finish within its 9 s; the first attempt of this Job began \d+(\.\d)? s ago\n/,
  )
  const late = await lotse(['up'], env)
  expect(late.code).toBe(24)
  expect(late.output).not.toContain('Applying')
  // The next Job has all of its time.
  const next = start(['up'], { ...env, LOTSE_JOB_UID: 'c0de' })
  await next.says(/Applying 002_slow/)
  next.kill('SIGKILL')
  await next.ended
  expect((await query('select job from lotse_history_attempts order by job')).map(({ job }) => job)).toEqual([
    'b7a1',
    'c0de',
  ])
})

test('nothing is noted where nothing is to be applied, and a role that may create no table migrates all the same', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': 'create table a (id int);' }) }
  expect((await lotse(['up'], env)).code).toBe(0)
  expect((await lotse(['up'], { ...env, LOTSE_JOB_UID: 'b7a1' })).code).toBe(0)
  expect(await query(`select to_regclass('lotse_history_attempts') as made`)).toEqual([{ made: null }])
  const role = `limited_${process.pid}`
  await query(`create role ${role} login password 'pw'; revoke create on schema public from public;
    grant select, insert, update, delete on lotse_history to ${role}; create schema own authorization ${role};
    grant usage on all sequences in schema public to ${role}`)
  const own = new URL(url)
  Object.assign(own, { username: role, password: 'pw' })
  const run = await lotse(['up'], {
    DATABASE_URL: own.href,
    LOTSE_MIGRATIONS: migrationsFolder({
      '001_a.sql': 'create table a (id int);',
      '002_b.sql': 'create table own.b (id int);',
    }),
    LOTSE_JOB_UID: 'b7a1',
  })
  expect(run.code, run.output).toBe(0)
  await query(`drop schema own cascade; drop owned by ${role}; drop role ${role}`)
})

test('a foreign migrator is told to end when its time is over, and the guard says why', async () => {
  const { url } = await freshDatabase()
  const port = await freePort()
  const state = temporaryFolder()
  const env = { DATABASE_URL: url, LOTSE_TIMEOUT: '3s', LOTSE_JOB_UID: 'b7a1' }
  const args = ['guard', '--state', state, '--port', String(port)]
  const held = async () => (await fetch(`http://127.0.0.1:${port}/held`).catch(() => undefined))?.status
  const guard = start(args, env)
  await expect.poll(held, { timeout: 10_000 }).toBe(200)
  await expect.poll(held, { timeout: 10_000 }).toBe(503)
  expect((await lotse(['guard', '--verdict', state])).terminationMessage).toMatch(
    /^MigrationFailed: the run did not finish within its 3 s\n/,
  )
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(24)
  const other = start(['guard', '--state', temporaryFolder(), '--port', String(port)], env)
  await other.says(/MigrationFailed: the run did not finish within its 3 s; the first attempt of this Job began/)
  other.kill('SIGTERM')
  expect((await other.ended).code).toBe(24)
})
