import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

/** What becomes of rows that a pending migration will fail on, in the hook and beside it. */

const files = {
  '001_orders.sql': 'create table orders (id bigint primary key, total integer);',
  '002_total.sql': '-- every order has one\nalter table orders alter column total set not null;',
}

/** A database whose first migration is applied, with one order that has no total. */
async function withBadOrder(): Promise<TestDatabase> {
  const database = await freshDatabase()
  const first = migrationsFolder({ '001_orders.sql': files['001_orders.sql'] })
  await lotse(['up', '--migrations', first], { DATABASE_URL: database.url })
  await database.query('insert into orders values (900004, 1), (900005, null)')
  return database
}

const found = '002_total.sql, line 2, column 1: row-null (error)'
const said = 'Will fail (23502): orders 900005 has no total.'

test('refuse ends with 23 before any lock, names the row, and changes nothing; plan and check say the same', async () => {
  const { url, query } = await withBadOrder()
  const env = { DATABASE_URL: url, LOTSE_CHECK: 'refuse', LOTSE_MIGRATIONS: migrationsFolder(files) }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(23)
  expect(run.output).not.toContain('Took the run lock')
  expect(run.terminationMessage).toContain(found)
  expect(run.terminationMessage).toContain(said)
  expect(run.terminationMessage).toContain('select * from "public"."orders" where "total" is null;')
  expect(await query('select count(*)::int as applied from lotse_history')).toEqual([{ applied: 1 }])
  const plan = await lotse(['plan'], env)
  expect(plan.code, plan.output).toBe(23)
  expect(plan.output).toContain(said)
  expect(JSON.parse((await lotse(['plan', '--json'], env)).output).steps[0].findings).toMatchObject([
    { rule: 'row-null', message: said },
  ])
  const github = await lotse(['check', '--output', 'github', '--fail-on', 'error'], env)
  expect(github.code, github.output).toBe(23)
  expect(github.output).toMatch(/^::error file=.*002_total\.sql,line=2,col=1,title=row-null::/m)
  const { runs } = JSON.parse((await lotse(['check', '--output', 'sarif'], env)).output)
  expect(runs[0].results).toMatchObject([{ ruleId: 'row-null', level: 'error' }])
  expect((await lotse(['check', '--check-timeout', '0s'], env)).output).toContain('no findings')
})

test('warn says so and runs; what the file accepts is said to be accepted, and fails by itself', async () => {
  const { url } = await withBadOrder()
  const env = { DATABASE_URL: url }
  const warned = await lotse(['up', '--migrations', migrationsFolder(files)], env)
  expect(warned.code, warned.output).toBe(24)
  expect(warned.output).toMatch(
    /Check: 1 error in the pending migrations\n {2}002_total\.sql, line 2, column 1: row-null \(error\)/,
  )
  expect(warned.output.indexOf(said)).toBeLessThan(warned.output.indexOf('Applying 002_total'))
  const accepting = {
    ...files,
    '002_total.sql': `-- lotse: accept row-null: somebody repairs it by hand\n${files['002_total.sql']}`,
  }
  const run = await lotse(['up', '--check', 'refuse', '--migrations', migrationsFolder(accepting)], env)
  expect(run.output).toContain('002_total.sql, line 3: row-null is accepted: somebody repairs it by hand')
  expect(run.code, run.output).toBe(24)
})

test('a migration that repairs its rows first is not refused', async () => {
  const { url, query } = await withBadOrder()
  const repairing = {
    ...files,
    '002_total.sql': `update orders set total = 0 where total is null;\n${files['002_total.sql']}`,
  }
  const env = { DATABASE_URL: url, LOTSE_CHECK: 'refuse', LOTSE_MIGRATIONS: migrationsFolder(repairing) }
  const check = await lotse(['check'], env)
  expect(check.output).toContain(
    '002_total.sql, line 3: unjudged: whether the rows of orders allow this is not known: 002_total.sql, line 1, which runs before it, changes them',
  )
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select total from orders order by id')).toEqual([{ total: 1 }, { total: 0 }])
})

test('a login without the right is told its GRANT once, and row level security that hides rows is said', async () => {
  const { url, query } = await withBadOrder()
  const role = `reader_${randomBytes(4).toString('hex')}`
  await query(`create role ${role} login; grant select on lotse_history to ${role}; create table secrets (id int primary key, a int, b int);
    insert into secrets values (1, null, null); create table lines (id int primary key, n int); insert into lines values (1, null);
    alter table lines enable row level security; grant select on lines to ${role}`)
  onTestFinished(async () => void (await query(`drop owned by ${role}; drop role ${role}`)))
  const migrations = migrationsFolder({
    ...files,
    '002_total.sql':
      'alter table secrets alter a set not null, alter b set not null;\nalter table lines alter n set not null;',
  })
  const env = {
    DATABASE_URL: Object.assign(new URL(url), { username: role, password: '' }).href,
    LOTSE_MIGRATIONS: migrations,
  }
  const { output, code } = await lotse(['check'], env)
  expect(code, output).toBe(0)
  expect(
    output.match(
      new RegExp(
        `${role} may not read secrets, so whether its rows allow this is not known \\(grant select on public.secrets to ${role}\\)`,
        'g',
      ),
    ),
  ).toHaveLength(1)
  expect(output).toContain(`row level security hides rows of lines from ${role}`)
  expect((await lotse(['plan'], env)).output).toContain(`grant select on public.secrets to ${role}`)
})

test('a question takes ACCESS SHARE alone, ends with its time, and so do all of them together', async () => {
  const { url, query } = await withBadOrder()
  await query(
    `create function slow(bigint) returns bool immutable language plpgsql as 'begin perform pg_sleep(60); return true; end'`,
  )
  const checks = Array.from(
    { length: 8 },
    (_, index) => `alter table orders add constraint slow_${index} check (slow(id));`,
  )
  const run = start(['check', '--check-timeout', '1s'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ ...files, '002_total.sql': checks.join('\n') }),
  })
  const locks = (): Promise<Record<string, unknown>[]> =>
    query(`select distinct mode from pg_locks where relation = 'orders'::regclass and pid <> pg_backend_pid()`)
  await expect.poll(locks, { timeout: 30_000, interval: 50 }).toEqual([{ mode: 'AccessShareLock' }])
  const { output, code } = await run.ended
  expect(code, output).toBe(0)
  expect(
    output.match(/looking at them took longer than 1 s \(LOTSE_CHECK_TIMEOUT gives it more time\)/g)?.length,
  ).toBeGreaterThan(3)
  expect(output).toContain(
    'the time for looking at rows was over before orders was looked at (LOTSE_CHECK_TIMEOUT gives it more time)',
  )
})

test('a table that somebody has locked is not waited for', async () => {
  const { url, connect } = await withBadOrder()
  const holder = await connect()
  await holder.query('begin; lock table orders')
  const { output, code } = await lotse(['check', '--migrations', migrationsFolder(files)], { DATABASE_URL: url })
  expect(code, output).toBe(0)
  expect(output).toContain('unjudged: whether the rows of orders allow this is not known: somebody holds a lock on it')
})
