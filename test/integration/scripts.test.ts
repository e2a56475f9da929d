import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const rows = 'select name, state from lotse_history order by position'

test('TypeScript, ES module and CommonJS migrations run beside SQL, in the order of names', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_table.sql': 'create table t (id int, name text);',
    '002_fill.ts': `interface Context { query(sql: string, values?: unknown[]): Promise<{ rows: { n: number }[] }> }
export async function up({ name, path, context }: { name: string; path: string; context: Context }): Promise<void> {
  const { rows } = await context.query('select count(*)::int as n from t')
  await context.query('insert into t values ($1, $2)', [rows[0]!.n, name])
  if (!path.endsWith('002_fill.ts')) throw new Error(path)
}
`,
    '003_module.mjs': `export const up = ({ context }) => context.query("insert into t values (3, 'module')")`,
    '004_common.cjs': `exports.up = async ({ context }) => { await context.query("insert into t values (4, 'common')") }`,
    '005_common.js': `module.exports = { up: async ({ context }) => { await context.query("insert into t values (5, 'js')") }, down: async () => {} }`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(run.output).not.toMatch(/warning/i)
  expect(await query('select id from t order by id')).toEqual([{ id: 0 }, { id: 3 }, { id: 4 }, { id: 5 }])
  expect(await query('select name from t where id = 0')).toEqual([{ name: '002_fill' }])
  expect(await query(rows)).toHaveLength(5)
})

test('a script runs in one transaction: what it did before it threw is gone, and its line is named', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_table.sql': 'create table t (id int unique);',
    '002_twice.ts': `export async function up({ context }) {
  await context.query('insert into t values (1)')
  await context.query('insert into t values ($1)', [1])
}
`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(
    '002_twice.ts, line 3, column 17: duplicate key value violates unique constraint',
  )
  expect(run.terminationMessage).toContain(
    `3 |   await context.query('insert into t values ($1)', [1])\n    |                 ^`,
  )
  expect(await query('select * from t')).toEqual([])
  expect(await query(rows)).toEqual([{ name: '001_table', state: 'applied' }])
})

test('an error that is not of SQL is told with its line too', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    '001_throws.ts': `export async function up() {\n  throw new Error('no such customer')\n}\n`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.terminationMessage).toContain('MigrationFailed: 001_throws.ts, line 2, column 9: no such customer')
})

test.each([
  ['export const nothing = 1', '001_bad.ts exports no function up'],
  ['export const up = (', '001_bad.ts cannot be loaded'],
  [`import missing from './missing.ts'\nexport const up = missing`, '001_bad.ts cannot be loaded: Cannot find module'],
])('a script that cannot be used says so: %s', async (text, message) => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_bad.ts': text }) })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(message)
})

test('a query that a script did not await fails instead of leaking into the next migration', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_table.sql': 'create table t (id int);',
    '002_loose.ts': `export async function up({ context }) {
  setTimeout(() => context.query('insert into t values (1)').catch(() => {}), 20)
}`,
    '003_slow.sql': 'select pg_sleep(0.2);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query('select * from t')).toEqual([])
})

test('a script without a transaction is called again after it failed', async () => {
  const { url, query } = await freshDatabase()
  const script = (fail: string) => `// lotse: no-transaction
export async function up({ context }) {
  await context.query('create table if not exists t (id int)')
  await context.query('create index concurrently if not exists t_id on t (id)')
  ${fail}
}`
  const env = { DATABASE_URL: url }
  const broken = migrationsFolder({ '001_steps.ts': script(`throw new Error('half way')`) })
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: broken })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('what it did before the error is kept, and the next run calls it again')
  expect(await query(rows)).toEqual([{ name: '001_steps', state: 'started' }])
  const again = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder({ '001_steps.ts': script('') }) })
  expect(again.code, again.output).toBe(0)
  expect(await query(rows)).toEqual([{ name: '001_steps', state: 'applied' }])
})

test('a query that nobody awaits fails its own migration, and does not end the process', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_table.sql': 'create table t (id int);',
    '002_forgot.ts': `export async function up({ context }) {
  context.query('insert into t select 1 from pg_sleep(0.1)')
}`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_forgot.ts did not await a query')
  expect(await query('select * from t')).toEqual([])
})

test('an error of the network inside a script is an error of the script: it is called once', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_table.sql': 'create table t (id int);',
    '002_fetch.ts': `// lotse: no-transaction
export async function up({ context }) {
  await context.query('insert into t values (1)')
  throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.9:443'), { code: 'ECONNREFUSED' })
}`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('002_fetch.ts, line 4, column 23: connect ECONNREFUSED 10.0.0.9:443')
  expect(await query('select * from t')).toHaveLength(1)
})

test('the limits for locks and statements hold in a script without a transaction too', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_limits.ts': `// lotse: no-transaction
// lotse: lock-timeout 7s
export async function up({ context }) {
  await context.query("create table limits as select current_setting('lock_timeout') as l, current_setting('statement_timeout') as s")
}`,
  })
  const run = await lotse(['up', '--statement-timeout', '9s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query('select * from limits')).toEqual([{ l: '7s', s: '9s' }])
})

test.each([
  ['process.exit(0)', '001_stray ended the process'],
  [
    `setTimeout(() => { throw new Error('too late') }, 10); await new Promise(() => {})`,
    'uncaught error while running 001_stray: too late',
  ],
  [
    `Promise.reject(new Error('nobody awaits')); await new Promise((next) => setTimeout(next, 500))`,
    'uncaught error while running 001_stray: nobody awaits',
  ],
])('a script that would end the process fails its run, with a message: %s', async (body, message) => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_stray.ts': `export async function up({ context }) {
  await context.query('create table t (id int)')
  ${body}
}`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(message)
  expect(run.output).toContain(message)
  expect(await query(rows)).toEqual([])
  expect(await query(`select to_regclass('t') as t`)).toEqual([{ t: null }])
})
