import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { historyTable, lockKey } from '../../hook/database/lock.ts'
import { until } from '../support/command.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

// A short file without dollar quotes, backslashes and block comments goes out in one message with its row and COMMIT.

const names = 'select name from lotse_history order by position'

test('a file is one message, from BEGIN to COMMIT', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_seen.sql': 'create table seen as select current_query() as query',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  const [row] = await query(
    `select query ~ '^/\\* lotse: 001_seen.sql \\*/ begin;' as begins, query ~ 'commit$' as ends from seen`,
  )
  expect(row).toEqual({ begins: true, ends: true })
  const [recorded] = await query(
    'select duration_ms < 5000 as short, origin, state, breaking, statements from lotse_history',
  )
  expect(recorded).toEqual({ short: true, origin: 'up', state: 'applied', breaking: false, statements: [] })
})

test.each([
  ['an unfinished statement', 'create table a (id int', /line 1, column 23: syntax error at end of input/],
  [
    'an unfinished function, whose body our SQL could be',
    'create function f() returns int begin atomic select 1;',
    /line 1, column 55: syntax error at end of input/,
  ],
  [
    'an error of syntax',
    'create table a (id int);\ncraete table b (id int);',
    /line 2, column 1: syntax error at or near "craete"/,
  ],
  ['a division by zero of its own', 'create table a (id int);\nselect 1 / 0;', /line 2, column 1: division by zero/],
  [
    'an error after statements like the ones that Lotse sends behind a file',
    'reset session authorization;\nreset role;\nset work_mem = 1000;\nselect 1 / 0;',
    /line 4, column 1: division by zero/,
  ],
  ['an unknown column', 'create table a (id int);\nselect b from a;', /line 2, column 8: column "b" does not exist/],
])('%s is told as if the file had been sent alone', async (_, sql, message) => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ '001_broken.sql': sql })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toMatch(message)
  expect(run.terminationMessage).toContain('001_broken.sql was rolled back and left nothing behind.')
  expect(await query(names)).toEqual([])
  expect(await query(`select to_regclass('a') as a`)).toEqual([{ a: null }])
})

test('a constraint that is checked at COMMIT fails the file, at no place of it', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_deferred.sql':
      'create table a (id int primary key, next int references a deferrable initially deferred);\ninsert into a values (1, 2);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_deferred.sql: insert or update on table "a" violates foreign key')
  expect(await query(names)).toEqual([])
})

test('a file after which the transaction is not the one opened for it is not recorded', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ '001_else.sql': 'create table a (id int); set local lotse.transaction = none;' })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_else.sql ended the transaction it runs in')
  expect(await query(names)).toEqual([])
})

test('a file that lets the run lock go by its key keeps other migrators out all the same', async () => {
  const { url, query } = await freshDatabase()
  const key = lockKey(historyTable({ schema: 'public', table: 'lotse_history' }))
  const folder = migrationsFolder({ '001_unlocks.sql': `select pg_advisory_unlock(${key}); select pg_sleep(3);` })
  const holder = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  await holder.says(/Applying 001_unlocks/)
  const kept = `select mode from pg_locks join pg_database on oid = database
    where locktype = 'advisory' and granted and datname = current_database()`
  await until('the key is let go', async () => isDeepStrictEqual(await query(kept), [{ mode: 'ShareLock' }]))
  const run = await lotse(['up', '--lock-wait', '1s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(22)
  expect((await holder.ended).code).toBe(0)
})
