import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { ordersWith } from '../support/orders.ts'

const total = 'alter table orders alter total set not null;\nalter table orders add paid boolean;'

test('every condition that does not hold is told, with the reason that the query gives, its name, or the comment above it', async () => {
  const { env } = await ordersWith({
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

test('a migration without a transaction is asked before it begins, and not when it goes on', async () => {
  const { env, query, write } = await ordersWith({
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

test('scripts are asked as well, with and without a transaction; their reversal is asked nothing', async () => {
  const script = `export const up = ({ context }) => context.query('insert into orders (id) values (3)')
export const down = ({ context }) => context.query('delete from orders where id = 3')`
  const verify = 'select count(*) = 4 as "there are four orders" from orders'
  const { env, query, names } = await ordersWith({
    '002_s.js': script,
    '002_s.verify.sql': verify,
    '002_s.check.sql': 'select count(*) < 4 as "it was not run" from orders',
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
  const down = await lotse(['down', '--to', '001_orders'], env)
  expect(down.code, down.output).toBe(0)
  expect(await names()).toEqual(['001_orders'])

  const alone = await ordersWith({ '002_s.js': `// lotse: no-transaction\n${script}`, '002_s.verify.sql': verify })
  const first = await lotse(['up'], alone.env)
  expect(first.code, first.output).toBe(24)
  expect(first.terminationMessage).toContain('what it did is kept. The next run calls it again from the start.')
  const second = await lotse(['up'], alone.env)
  expect(second.code, second.output).toBe(0)
})

test('a condition that waits for a table longer than the lock timeout is asked again', async () => {
  const { env, connect } = await ordersWith({
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
  const { env, query, write, folder } = await ordersWith({ '002_total.sql': 'select 1;' })
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
  const { env, write, names, query } = await ordersWith({
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
  expect((await lotse(['seal'], env)).code).toBe(0)
  const sealed = await lotse(['up'], env)
  expect(sealed.code, sealed.output).toBe(0)
  expect(sealed.output).toContain('002_total.verify.sql: its condition holds')
  expect((await lotse(['down', '--to', '001_orders'], env)).code).toBe(0)
  expect(await names()).toEqual(['001_orders'])
  expect(await query(`select to_regclass('two') as two`)).toEqual([{ two: null }])
})

test('a condition has the time that its migration has', async () => {
  const { env } = await ordersWith({
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
