import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'

const folder = () => migrationsFolder({ '001_a.sql': 'create table a (id int);' })

test('a command runs under the run lock, and its exit code is handed on', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), PATH: process.env.PATH ?? '' }
  const held = start(['guard', '--', process.execPath, '-e', 'setTimeout(() => process.exit(7), 1500)'], env)
  await held.says(/Took the run lock/)
  const other = await lotse(['up', '--lock-wait', '300ms'], env)
  expect(other.code).toBe(22)
  expect((await held.ended).code).toBe(7)
  expect((await lotse(['up'], env)).code).toBe(0)
})

test('without a command it holds the lock until a signal, and the ready file says so', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder() }
  const ready = join(temporaryFolder(), 'ready')
  const held = start(['guard', '--ready-file', ready], env)
  await expect.poll(() => existsSync(ready), { timeout: 10_000 }).toBe(true)
  expect((await lotse(['up', '--lock-wait', '300ms'], env)).code).toBe(22)
  held.kill('SIGTERM')
  expect((await held.ended).code).toBe(0)
  expect(existsSync(ready)).toBe(false)
  expect((await lotse(['up'], env)).code).toBe(0)
})

test('the command is ended when the lock is lost', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), PATH: process.env.PATH ?? '' }
  const held = start(
    [
      'guard',
      '--',
      process.execPath,
      '-e',
      'process.on("SIGTERM", () => process.exit(3)); setTimeout(() => {}, 60000); console.log("working")',
    ],
    env,
  )
  await held.says(/working/)
  await query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'lotse%'`,
  )
  const run = await held.ended
  expect(run.code).toBe(21)
  expect(run.terminationMessage).toContain('the run lock was lost while node was running')
})

test('a command that cannot be started is named', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['guard', '--', '/nowhere/alembic'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder() })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain('cannot start /nowhere/alembic')
})

test('on SIGTERM the lock is given back only when the command has ended', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), PATH: process.env.PATH ?? '' }
  const slow =
    'process.on("SIGTERM", () => setTimeout(() => { console.log("ended"); process.exit(0) }, 5000)); setTimeout(() => {}, 60000); console.log("working")'
  const held = start(['guard', '--', process.execPath, '-e', slow], env)
  await held.says(/working/)
  held.kill('SIGTERM')
  const other = await lotse(['up', '--lock-wait', '3s'], env)
  expect(other.code).toBe(22)
  const run = await held.ended
  expect(run.output).toMatch(/ended/)
  expect(run.code).toBe(143)
})

test('a command that a signal ended counts as a shell counts it', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['guard', '--', '/bin/sh', '-c', 'kill -9 $$'], { DATABASE_URL: url })
  expect(run.code, run.output).toBe(137)
})
