import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

/** A database with orders, and a folder whose second migration has conditions. */
async function shop(files: Record<string, string>) {
  const { url, query, connect } = await freshDatabase()
  const folder = migrationsFolder({
    '001_orders.sql':
      'create table orders (id int, net int, total int); insert into orders values (1, 5, 6), (2, 7, null);',
    ...files,
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const write = (file: string, text: string): void => writeFileSync(`${folder}/${file}`, text)
  const names = async (): Promise<unknown[]> =>
    (await query('select name from lotse_history order by position')).map(({ name }) => name)
  return { env, folder, query, connect, write, names }
}

const total = 'alter table orders alter total set not null;\nalter table orders add paid boolean;'

test('a condition that is false before its migration: nothing of it runs, what came before it stays, and the message says why', async () => {
  const { env, query, names } = await shop({
    '002_total.sql': total,
    '002_total.check.sql': `-- Orders of the old shop.\n\n-- every order has a total\nselect count(*) = 0 from orders where total is null;\n`,
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(23)
  expect(run.terminationMessage).toBe(
    [
      'PlanRefused: 002_total was not applied: its condition 002_total.check.sql, line 4, is false: every order has a total',
      '  4 | select count(*) = 0 from orders where total is null;',
      '    | ^',
      'Nothing of 002_total.sql was run.',
      'Applied before it in this run, and kept: 001_orders.',
      'Next: make it true in the database (or correct 002_total.check.sql), then run lotse up again. (exit code 23)',
    ].join('\n'),
  )
  expect(await names()).toEqual(['001_orders'])
  await query('update orders set total = net')
  const again = await lotse(['up'], env)
  expect(again.code, again.output).toBe(0)
  expect(again.output).toContain('  002_total.check.sql: its condition holds\n')
  expect(await names()).toEqual(['001_orders', '002_total'])
})

test('a condition that is false after its migration leaves neither effect nor row', async () => {
  const { env, query, write, names } = await shop({
    '002_total.sql': `update orders set total = net;\ncreate table sums as select sum(total) from orders;\ncreate type t as enum ('a');`,
    '002_total.verify.sql': `select true;\nselect min(total) > 5 as "no total is small" from orders;\nselect to_regclass('sums') is not null;`,
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toBe(
    [
      'MigrationFailed: 002_total was rolled back: its condition 002_total.verify.sql, line 2, is false: no total is small',
      '  2 | select min(total) > 5 as "no total is small" from orders;',
      '    | ^',
      '002_total.sql was rolled back and left nothing behind.',
      'Applied before it in this run, and kept: 001_orders.',
      'Next: correct 002_total.sql (or 002_total.verify.sql) and run lotse up again. (exit code 24)',
    ].join('\n'),
  )
  expect(await names()).toEqual(['001_orders'])
  expect(await query('select id, total from orders order by id')).toEqual([
    { id: 1, total: 6 },
    { id: 2, total: null },
  ])
  expect(await query(`select to_regclass('sums') as sums, to_regtype('t') as t`)).toEqual([{ sums: null, t: null }])
  write('002_total.sql', 'update orders set total = net + 5; create table sums as select sum(total) from orders;')
  const again = await lotse(['up'], env)
  expect(again.code, again.output).toBe(0)
  expect(again.output).toContain('  002_total.verify.sql: its 3 conditions hold\n')
  expect(await names()).toEqual(['001_orders', '002_total'])
})

test('every condition that does not hold is told, with the reason that the query gives, its name, or the comment above it', async () => {
  const { env } = await shop({
    '002_total.sql': total,
    '002_total.check.sql': `
      set search_path = public;
      do $$ begin perform 1; end $$;
      select count(*) = 0, format('%s of %s orders have no total', count(*), 2) from orders where total is null;
      select bool_and(total > 0) as every_total_is_positive from orders where false;
      -- orders are
      -- not paid
      select exists (select from orders where id = 3); -- not about the next one
      select bool_or(false);
      select true from orders where id = 3;
      select total is not null from orders;
      select count(*) from orders;
      select true;
      select 1 / 0 = 1;
      select false as never_asked;`,
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(23)
  expect(run.terminationMessage.split('\n').filter((line) => line.includes('line '))).toEqual([
    'PlanRefused: 002_total was not applied: its condition 002_total.check.sql, line 4, is false: 1 of 2 orders have no total',
    '  - line 5, is null, which counts as false: every_total_is_positive',
    '  - line 8, is false: orders are not paid',
    '  - line 9, is false',
    '  - line 10, returned no row, which counts as false',
    '  - line 11, returned more than one row',
    '  - line 12, did not return true or false',
  ])
  expect(run.terminationMessage).toContain(
    'A condition returns one row, whose first column is true or false: select not exists (select … where …)',
  )
})

test.each([
  [
    'writes',
    'with i as (insert into orders values (3) returning id) select true from i',
    1,
    'cannot execute SELECT in a read-only transaction',
  ],
  ['makes a table', `select true into gone`, 0, 'cannot execute SELECT INTO in a read-only transaction'],
  ['counts on a sequence', `select nextval('s') > 0`, 0, 'cannot execute nextval() in a read-only transaction'],
  [
    'lets itself write',
    'set transaction read write; select true',
    0,
    'cannot set transaction read-write mode inside a read-only transaction',
  ],
  ['has an error', 'select gone from orders', 8, 'column "gone" does not exist'],
])('a condition that %s is an error with its place, before and after', async (_, sql, column, message) => {
  const { env, write, names, folder, query } = await shop({ '002_total.sql': 'create sequence t;' })
  write('001_orders.sql', 'create table orders (id int); create sequence s;')
  for (const kind of ['check', 'verify']) {
    write(`002_total.${kind}.sql`, `select true;\n${sql}`)
    const run = await lotse(['up'], env)
    expect(run.code, run.output).toBe(24)
    const place = new RegExp(`002_total\\.${kind}\\.sql, line 2, column ${column || '\\d+'}: `)
    expect(run.terminationMessage).toMatch(place)
    expect(run.terminationMessage).toContain(message)
    expect(run.terminationMessage).toContain(
      kind === 'check' ? 'Nothing of 002_total.sql was run.' : '002_total.sql was rolled back and left nothing behind.',
    )
    expect(run.terminationMessage).toContain(`Next: correct 002_total.${kind}.sql`)
    expect(await names()).toEqual(['001_orders'])
    expect(await query(`select to_regclass('t') as t, to_regclass('gone') as gone`)).toEqual([{ t: null, gone: null }])
    rmSync(`${folder}/002_total.${kind}.sql`)
  }
})

test('a condition finds a session of its own and leaves nothing in it; what the migration made is there', async () => {
  const seen = `select current_setting('search_path') as path, current_user = session_user as self, current_setting('lock_timeout') as lock,
    exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and objid = 77 and objsubid = 2) as held`
  const noise = `set search_path = app; set role pg_monitor; set lock_timeout = '7s'; select set_config('search_path', 'app', false) = 'app';
    select current_setting('search_path') = 'app' and current_user = 'pg_monitor';`
  const fresh = `select current_setting('search_path') like '%public%' and current_user = session_user as it_is_fresh;`
  const { env, query } = await shop({
    '002_a.sql': `create table seen as ${seen}; create temp table before as select count(*) as n from orders; delete from orders;
      grant pg_monitor to current_user; set search_path = pg_catalog; set role pg_monitor;`,
    '002_a.check.sql': fresh + noise,
    '002_a.verify.sql': `${fresh} select n = 2 and (select count(*) = 0 from orders) from before; ${noise} select pg_try_advisory_lock(7, 77);`,
    '003_b.sql': `insert into seen ${seen};`,
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  const found = await query('select distinct * from seen')
  expect(found).toEqual([{ path: expect.stringContaining('public'), self: true, lock: '2s', held: false }])
})

test('a migration without a transaction: what it did is kept, it counts as unfinished, and the next run asks again', async () => {
  const { env, query } = await shop({
    '002_total.sql':
      '-- lotse: no-transaction\ncreate table one ();\ncreate index concurrently by_total on orders (total);',
    '002_total.check.sql': `select to_regclass('one') is null as it_is_new`,
    '002_total.verify.sql': `select count(*) = 0 as all_have_a_total from orders where total is null`,
  })
  const state = `select state, cardinality(statements) as done from lotse_history where name = '002_total'`
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(
    'MigrationFailed: 002_total is not recorded as applied: its condition 002_total.verify.sql, line 1, is false: all_have_a_total\n',
  )
  expect(run.terminationMessage).toContain(
    '002_total.sql runs without a transaction: what it did is kept. The next run only asks again.\n',
  )
  expect(run.terminationMessage).toContain('Next: make it true in the database (or correct 002_total.verify.sql), then')
  expect(await query(state)).toEqual([{ state: 'started', done: 2 }])
  expect((await lotse(['status'], env)).code).toBe(12)
  await query('update orders set total = net')
  const again = await lotse(['up'], env)
  expect(again.code, again.output).toBe(0)
  expect(await query(state)).toEqual([{ state: 'applied', done: 0 }])
})

test('a migration without a transaction is asked before it begins, and not when it goes on', async () => {
  const { env, query, write } = await shop({
    '002_total.sql': '-- lotse: no-transaction\ncreate table one ();\nselect 1 / 0;',
    '002_total.check.sql': `select to_regclass('one') is null as it_is_new`,
  })
  await query('create table one ()')
  expect((await lotse(['up'], env)).code).toBe(23)
  expect(await query(`select name from lotse_history where name = '002_total'`)).toEqual([])
  await query('drop table one')
  expect((await lotse(['up'], env)).code).toBe(24)
  write('002_total.sql', '-- lotse: no-transaction\ncreate table one ();\ncreate table two ();')
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query(`select to_regclass('two') is not null as two`)).toEqual([{ two: true }])
})

test('scripts are asked as well, with and without a transaction', async () => {
  const script = `export const up = ({ context }) => context.query('insert into orders (id) values (3)')`
  const verify = 'select count(*) = 4 as "there are four orders" from orders'
  const { env, query, names } = await shop({
    '002_s.js': script,
    '002_s.verify.sql': verify,
    '002_s.check.sql': 'select true',
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(
    '002_s was rolled back: its condition 002_s.verify.sql, line 1, is false: there are four',
  )
  expect(await query('select count(*)::int as n from orders')).toEqual([{ n: 2 }])
  await query('insert into orders (id) values (4)')
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await names()).toEqual(['001_orders', '002_s'])

  const alone = await shop({ '002_s.js': `// lotse: no-transaction\n${script}`, '002_s.verify.sql': verify })
  const first = await lotse(['up'], alone.env)
  expect(first.code, first.output).toBe(24)
  expect(first.terminationMessage).toContain('what it did is kept. The next run calls it again from the start.')
  const second = await lotse(['up'], alone.env)
  expect(second.code, second.output).toBe(0)
})

test('a condition that waits for a table longer than the lock timeout is asked again', async () => {
  const { env, connect } = await shop({
    '002_total.sql': 'select 1;',
    '002_total.check.sql': 'select count(*) > 0 from orders',
  })
  const only = migrationsFolder({ '001_orders.sql': 'create table orders as select 1 as id;' })
  expect((await lotse(['up'], { ...env, LOTSE_MIGRATIONS: only })).code).toBe(0)
  const blocker = await connect()
  await blocker.query('begin; lock table orders')
  const run = start(['up', '--allow', 'edited'], { ...env, LOTSE_LOCK_TIMEOUT: '200ms' })
  await run.says(/002_total: canceling statement due to lock timeout .* retrying/)
  await blocker.query('rollback')
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(output).toContain('002_total.check.sql: its condition holds')
})

test('a migration that is applied may gain conditions; the ones that it was applied with may not change', async () => {
  const { env, query, write, folder } = await shop({ '002_total.sql': 'select 1;' })
  expect((await lotse(['up'], env)).code).toBe(0)
  write('001_orders.check.sql', 'select false')
  write('002_total.verify.sql', 'select false')
  const gained = await lotse(['up'], env)
  expect(gained.code, gained.output).toBe(0)
  expect(gained.output).toContain('Nothing to apply: all 2 migrations are applied')
  const status = await lotse(['status'], env)
  expect(status.code, status.output).toBe(0)
  expect(status.output).toMatch(/002_total +applied .* applied without its conditions\n/)
  expect((await lotse(['wait', '--timeout', '5s'], env)).code).toBe(0)

  write('003_more.sql', 'select 1;')
  write('003_more.check.sql', 'select true')
  expect((await lotse(['up'], env)).code).toBe(0)
  write('003_more.check.sql', 'select not false')
  const edited = await lotse(['up'], env)
  expect(edited.code, edited.output).toBe(23)
  expect(edited.terminationMessage).toContain(
    '- 003_more.check.sql was edited after 003_more was applied with it: restore what it asked then; a new question belongs to a new migration (if the change is meant, run lotse repair accept 003_more)',
  )
  expect((await lotse(['status'], env)).output).toMatch(/003_more +edited/)
  rmSync(`${folder}/003_more.check.sql`)
  expect((await lotse(['up'], env)).terminationMessage).toContain(
    '003_more.check.sql was removed after 003_more was applied with it',
  )
  write('003_more.sql', 'select 2;')
  expect((await lotse(['up'], env)).terminationMessage).toContain('- 003_more.sql was edited after it was applied')
  expect((await lotse(['repair', 'accept', '003_more'], env)).code).toBe(0)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(`select count(*)::int as n from lotse_history where state = 'applied'`)).toEqual([{ n: 3 }])
})

test('plan shows the conditions and asks none; what asks nothing is refused before anything runs; a reversal is asked nothing', async () => {
  const { env, write, names, query } = await shop({
    '002_total.sql': 'create table two ();',
    '002_total.down.sql': 'drop table two;',
    '002_total.check.sql': `select exists (select from orders where password = 'hunter2')`,
    '002_total.verify.sql': 'select true;',
  })
  const plan = await lotse(['plan'], env)
  expect(plan.code, plan.output).toBe(0)
  expect(plan.output).toMatch(
    /002_total\.sql +in one transaction +only if 002_total\.check\.sql holds, kept if 002_total\.verify\.sql holds/,
  )
  expect(JSON.parse((await lotse(['plan', '--json'], env)).output).steps[1].conditions).toEqual({
    check: '002_total.check.sql',
    verify: '002_total.verify.sql',
  })
  write('001_orders.sql', 'create table orders (password text);')
  const secret = await lotse(['up'], env)
  expect(secret.code, secret.output).toBe(23)
  expect(secret.output).not.toContain('hunter2')
  write('002_total.check.sql', 'select true;\n\nupdate orders set password = null;\nselect 1;')
  write('002_total.verify.sql', '-- later')
  const refused = await lotse(['up'], env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.terminationMessage).toContain(
    '- 002_total.check.sql, line 3: UPDATE ORDERS is no query, and a condition only asks: move it to the migration (if this file is a migration itself, name it 002_total_check.sql)',
  )
  expect(refused.terminationMessage).toContain(
    '- 002_total.verify.sql asks nothing: write a query that returns one row with true or false, or delete the file',
  )
  expect((await lotse(['plan'], env)).code).toBe(23)
  write('002_total.check.sql', 'select to_regclass($$two$$) is null')
  write('002_total.verify.sql', 'select to_regclass($$two$$) is not null')
  expect((await lotse(['up'], env)).code).toBe(0)
  expect((await lotse(['down', '--to', '001_orders'], env)).code).toBe(0)
  expect(await names()).toEqual(['001_orders'])
  expect(await query(`select to_regclass('two') as two`)).toEqual([{ two: null }])
})

test('a condition has the time that its migration has', async () => {
  const { env } = await shop({
    '002_total.sql': '-- lotse: statement-timeout 50ms\nselect 1;',
    '002_total.check.sql': 'select pg_sleep(9) is not null',
  })
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(
    '002_total.check.sql, line 1, column 1: canceling statement due to statement timeout',
  )
  expect(run.terminationMessage).toContain(
    'Next: give it more time with "-- lotse: statement-timeout" in 002_total.sql, or',
  )
})
