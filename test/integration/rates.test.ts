import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** Estimates by what this server has done before. */

const first = { '001_orders.sql': 'create table orders (id bigint primary key, total integer, note text);' }
const rewrite = { '002_total.sql': 'alter table orders alter column total type bigint;' }
const again = { '003_number.sql': 'alter table orders alter column total type numeric;' }

/** A database whose table of orders has 40 MB in few rows. */
async function withLargeOrders(): Promise<TestDatabase> {
  const database = await freshDatabase()
  await lotse(['up', '--migrations', migrationsFolder(first)], { DATABASE_URL: database.url })
  await database.query(`alter table orders set (fillfactor = 10)`)
  await database.query(`insert into orders select n, n, 'note' from generate_series(1, 100000) as n`)
  await database.query('analyze orders')
  return database
}

const planOf = (url: string, files: Record<string, string>) =>
  lotse(['plan', '--migrations', migrationsFolder(files)], { DATABASE_URL: url })
const up = (url: string, files: Record<string, string>) =>
  lotse(['up', '--migrations', migrationsFolder(files)], { DATABASE_URL: url })

test('the default is told as such, until a run of the same kind is in the history', async () => {
  const { url, query } = await withLargeOrders()
  const before = await up(url, { ...first, ...rewrite })
  expect(before.output).toMatch(/for about [\d.]+ m?s to [\d.]+ s \(at 10 to 150 MB\/s by default\)/)
  expect(before.code, before.output).toBe(0)
  const rows = await query(
    `select name, work ->> 'work' as work, (work ->> 'bytes')::bigint as bytes, duration_ms from lotse_history order by position`,
  )
  expect(rows).toMatchObject([{ work: null }, { name: '002_total', work: 'rewrite' }])
  const [, { bytes, duration_ms }] = rows as [unknown, { bytes: string; duration_ms: string }]
  expect(Number(bytes)).toBeGreaterThan(30_000_000)
  expect(Number(duration_ms)).toBeGreaterThan(0)
  // As on a slow server: what a fast one does in no time is no finding.
  await query(`update lotse_history set duration_ms = 4000 where name = '002_total'`)
  const rate = Number(bytes) / 1_000 / 4_000
  const after = await planOf(url, { ...first, ...rewrite, ...again, '004_index.sql': 'create index on orders (note);' })
  const [, slow = '', fast = ''] = /\(at ([\d.,]+) to ([\d.,]+) MB\/s by 1 past run here\)/.exec(after.output) ?? []
  const near = (text: string): number => Number(text.replaceAll(',', ''))
  expect(near(slow), after.output).toBeCloseTo(rate / 2, 0)
  expect(near(fast), after.output).toBeCloseTo(rate * 2, 0)
  // Of another kind of work nothing is known here.
  expect(after.output).toContain('(at 15 to 200 MB/s by default)')
})

test('a history of an earlier Lotse gets the column when there is something to keep, and runs without where it cannot', async () => {
  const { url, query } = await withLargeOrders()
  await query('alter table lotse_history drop column work')
  const plan = await planOf(url, { ...first, ...rewrite })
  expect(plan.output).toContain('by default')
  const small = { '002_small.sql': 'alter table orders add column small integer;' }
  expect((await up(url, { ...first, ...small })).code).toBe(0)
  const column = `select from pg_attribute where attrelid = 'lotse_history'::regclass and attname = 'work'`
  expect(await query(column)).toHaveLength(0)
  const role = `migrator_${new URL(url).pathname.slice(6)}`
  await query(`create role ${role} login; grant all on schema public to ${role}; alter table orders owner to ${role};
    grant select, insert, update, delete on lotse_history to ${role}`)
  const other = Object.assign(new URL(url), { username: role }).href
  const refused = await up(other, { ...first, ...small, ...again })
  expect(refused.code, refused.output).toBe(0)
  expect(await query(column)).toHaveLength(0)
  await query(`alter table orders owner to postgres; drop owned by ${role}; drop role ${role}`)
  const later = { '005_text.sql': 'alter table orders alter column total type text;' }
  expect((await up(url, { ...first, ...small, ...again, ...later })).code).toBe(0)
  expect(await query(`select name from lotse_history where work is not null`)).toEqual([{ name: '005_text' }])
})
