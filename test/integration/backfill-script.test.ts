import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../support/command.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { randomFrom } from '../support/random.ts'
import { fenced } from '../support/recipes.ts'

const amount = 2_000
/** Each row counts how often it was changed, and each batch leaves a row of its own. */
const first = {
  '001_first.sql': `create table t (id int primary key, n int not null default 0);
    insert into t select n from generate_series(1, ${amount}) n; analyze t;
    create table batches (first text, last text, pid int default pg_backend_pid(), tx text default txid_current());`,
}
const script = (body: string, more = ''): string => `// lotse: backfill t(id)
interface Batch { name: string; path: string; context: { query(sql: string, values?: unknown[]): Promise<{ rows: { id: number }[] }> }; from: string; to: string }
export async function batch({ name, path, context, from, to }: Batch): Promise<void> {
  await context.query('insert into batches values ($1, $2)', [from, to])
${body}
}
${more}`
const change = `  const { rows } = await context.query('select id from t where id between $1 and $2 order by id', [from, to])
  await context.query('update t set n = n + 1 where id = any ($1)', [rows.map(({ id }) => id)])`

/** A database on which the first release runs, and the environment of the next one. */
async function prepared(text: string, file = '002_fill.ts') {
  const database = await freshDatabase()
  const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: migrationsFolder(first) }
  expect((await lotse(['up'], env)).code).toBe(0)
  const next = (text: string) => ({ ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...first, [file]: text }) })
  return { ...database, env: next(text), next }
}

const counted = async ({ query }: Pick<TestDatabase, 'query'>): Promise<unknown> =>
  (await query('select count(*)::int as rows, min(n) as least, max(n) as most from t'))[0]
const names = 'select name from lotse_history order by position'

test('a script goes through the table batch by batch, each in its own transaction of the same session', async () => {
  const told = `  if (name !== '002_fill' || !path.endsWith('002_fill.ts')) throw new Error(path)\n`
  const database = await prepared(script(`${told}${change}`))
  const run = await lotse(['finish'], database.env)
  expect(run.code, run.output).toBe(0)
  expect(await counted(database)).toEqual({ rows: amount, least: 1, most: 1 })
  const batches = await database.query('select first::int, last::int, pid, tx from batches order by 1')
  expect(batches.length).toBeGreaterThan(3)
  // A row of t and a row for the batch: all that its queries changed.
  expect(run.output).toContain(`2,000 rows seen, ${(amount + batches.length).toLocaleString('en')} changed`)
  expect(batches.map(({ first }) => first)).toEqual([1, ...batches.slice(0, -1).map(({ last }) => last + 1)])
  expect(batches.at(-1)?.last).toBe(amount)
  expect(new Set(batches.map(({ pid }) => pid)).size).toBe(1)
  expect(new Set(batches.map(({ tx }) => tx)).size).toBe(batches.length)
  expect(await database.query(names)).toEqual([{ name: '001_first' }, { name: '002_fill' }])
})

test('an empty database runs it as one batch, from CommonJS as well', async () => {
  const text = `// lotse: backfill t(id)
exports.batch = async ({ context, from, to }) => {
  await context.query('insert into batches values ($1, $2)', [from, to])
  await context.query('update t set n = n + 1 where id between $1 and $2', [from, to])
}`
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ ...first, '002_fill.cjs': text })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query('select first, last from batches')).toEqual([{ first: '1', last: String(amount) }])
  expect(await counted({ query })).toEqual({ rows: amount, least: 1, most: 1 })
})

test.each([
  ['export const nothing = 1', 23, '002_fill.ts, line 1: export async function batch({ context, from, to }) from it'],
  [
    'export async function batch() {}\nexport async function up() {}',
    23,
    '002_fill.ts, line 1: of a backfill only batch runs; move up into a migration of its own',
  ],
  ['export const batch = (', 24, '002_fill.ts cannot be loaded'],
])('a script that is no backfill is told before the rollout: %s', async (text, code, message) => {
  const { next, query } = await prepared('')
  const { LOTSE_MIGRATIONS: _, ...env } = next('')
  const files = { ...first, '002_fill.ts': `// lotse: backfill t(id)\n${text}`, '003_more.sql': 'create table more ()' }
  const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) })
  expect([run.code, run.terminationMessage]).toEqual([code, expect.stringContaining(message)])
  expect(await query(names)).toHaveLength(1)
})

test.each([
  [
    `${change}\n  await context.query('commit')`,
    'ended the transaction it runs in, with its own COMMIT or ROLLBACK',
    1,
  ],
  [`${change}\n  await context.query('commit; begin')`, 'ended the transaction it runs in', 1],
  [`  context.query('select pg_sleep(0.1)')`, '002_fill.ts did not await a query: its batch function ended', 0],
])('a batch that is not one transaction fails at once, and the cursor stays: %s', async (body, message, kept) => {
  const { env, query } = await prepared(script(body))
  const run = await lotse(['finish'], env)
  expect([run.code, run.terminationMessage]).toEqual([24, expect.stringContaining(message)])
  expect(run.output).not.toContain('trying half of it')
  expect(await query('select cursor, keys_done::int as done, state from lotse_history_backfills')).toEqual([
    { cursor: null, done: 0, state: 'running' },
  ])
  expect(await query('select count(*)::int as n from batches')).toEqual([{ n: kept }])
  expect(await query(names)).toHaveLength(1)
})

test('a row that the script cannot change is found by halving and named with the line; corrected, it goes on', async () => {
  const failing = `${change}\n  if (rows.some(({ id }) => id === 1234)) throw new Error('no such country')`
  const database = await prepared(script(failing))
  const run = await lotse(['finish'], database.env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain('002_fill.ts, line 7, column 49: no such country')
  expect(run.terminationMessage).toContain('The row is that of t, id = 1234.')
  expect(run.terminationMessage).toContain('Batches of 1233 keys before it are done and kept')
  expect(await database.query('select count(*)::int as n from t where n = 1')).toEqual([{ n: 1233 }])
  expect((await lotse(['status'], database.env)).output).toContain('failed: t, id = 1234: no such country')
  const again = await lotse(['finish'], database.next(script(change)))
  expect(again.code, again.output).toBe(0)
  expect(await counted(database)).toEqual({ rows: amount, least: 1, most: 1 })
})

test('killed at any moment, it goes on with every row changed once; a signal ends a script that waits for something else', async () => {
  const slow = `${change}\n  await new Promise((next) => setTimeout(next, 15))`
  const database = await prepared(script(slow))
  const seed = Number(process.env.LOTSE_TEST_SEED ?? Math.floor(Math.random() * 1e9))
  const random = randomFrom(seed)
  let killed = 0
  for (let each = 0; each < 5; each++) {
    const run = start(['finish'], database.env)
    await run.says(/Backfill 002_fill (begins|goes on)|UpToDate/)
    await delay(random() * 100)
    run.kill('SIGKILL')
    if ((await run.ended).code === null) killed++
    await until('the server has noticed', async () => {
      const sessions = `select from pg_stat_activity where datname = current_database() and application_name like 'lotse%'`
      return (await database.query(sessions)).length === 0
    })
    const [row] = await database.query('select cursor::int as cursor from lotse_history_backfills')
    const cursor = row ? (row.cursor ?? 0) : amount
    const wrong = `select count(*)::int as n from t where n <> case when id <= ${cursor} then 1 else 0 end`
    expect(await database.query(wrong), `seed ${seed}`).toEqual([{ n: 0 }])
  }
  expect(killed, `seed ${seed}`).toBeGreaterThan(0)
  const hanging = start(
    ['finish'],
    database.next(script(`${change}\n  await new Promise(() => setInterval(() => {}, 1e6))`)),
  )
  await hanging.says(/Backfill 002_fill (begins|goes on)/)
  hanging.kill('SIGTERM')
  expect((await hanging.ended).code).toBe(143)
  expect((await lotse(['finish'], database.env)).code).toBe(0)
  expect(await counted(database)).toEqual({ rows: amount, least: 1, most: 1 })
})

test('the backfill in code of the page does what the page says, and names the row that it cannot change', async () => {
  const [, part = ''] = readFileSync('chart/changing-a-schema.md', 'utf8').split(/^## A backfill in code$/m)
  const [text = ''] = fenced(part, 'ts')
  const [, file = ''] = /^\/\/ (\S+)\n/.exec(text) ?? []
  const { url, query } = await freshDatabase()
  const base = {
    '001_first.sql': `create table customers (id bigint primary key, phone text, e164 text);
      insert into customers select n, '0' || (30000000 + n) || case n % 2 when 0 then '/1' else '' end from generate_series(1, 500) n;
      insert into customers values (501, null), (502, '+44 20 7946 0018'), (503, 'none');`,
  }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(base) }
  expect((await lotse(['up'], env)).code).toBe(0)
  const next = { ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...base, [file]: text }) }
  const failed = await lotse(['finish'], next)
  expect([failed.code, failed.terminationMessage]).toEqual([24, expect.stringContaining('no phone number: none')])
  expect(failed.terminationMessage).toContain('The row is that of customers, id = 503.')
  await query('update customers set phone = null where id = 503')
  expect((await lotse(['finish'], next)).code).toBe(0)
  expect(await query('select e164 from customers where id in (1, 2, 501, 502) order by id')).toEqual(
    ['+4930000001', '+49300000021', null, '+442079460018'].map((e164) => ({ e164 })),
  )
  expect(await query('select count(*)::int as n from customers where e164 is null')).toEqual([{ n: 2 }])
})
