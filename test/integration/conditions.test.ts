import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lotse } from '../support/lotse.ts'
import { ordersWith } from '../support/orders.ts'

const total = 'alter table orders alter total set not null;\nalter table orders add paid boolean;'

test('a condition that is false before its migration: nothing of it runs, what came before it stays, and the message says why', async () => {
  const { env, query, names } = await ordersWith({
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
  const { env, query, write, names } = await ordersWith({
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
  const { env, write, names, folder, query } = await ordersWith({ '002_total.sql': 'create sequence t;' })
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
  const { env, query } = await ordersWith({
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
  const { env, query } = await ordersWith({
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
