import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

test.each([
  ['in a block', `do $$ begin execute 'create role r password ''hunter2'' in role nobody_at_all'; end $$;`],
  ['never closed', `create role r password 'hunter2;\nselect 1;`],
  ['where the server does not understand it', `create role r encrypted 'hunter2';`],
  ['in dollar quotes', `create role r password $$hunter2$$ in role nobody_at_all;`],
  ['with escapes', `create role r password E'\\'hunter2' in role nobody_at_all;`],
  ['on a line of its own', `create role r password\n'hunter2' nonsense;`],
  ['in a connection string', `create subscription s connection 'host=127.0.0.1 password=hunter2' publication p;`],
])('a password of a migration that fails is not shown: %s', async (_, sql) => {
  const { url } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_secret.sql': sql }) })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toMatch(/001_secret\.sql, line \d, column \d+: .+/)
  expect(run.output + run.terminationMessage).not.toContain('hunter2')
})

test('a password in the query of who is in the way is not shown, whatever stands before it', async () => {
  const { url, query, connect } = await freshDatabase()
  await query('create table t (id int)')
  const client = await connect()
  await client.query('begin')
  await client.query(
    `lock table t; /* don't /* */ worry: 'hunter2' */ select /* fine */ E'it\\'s', $$ it's $$ as "o'clock", 'hunter2' -- isn't it`,
  )
  const folder = migrationsFolder({ '001_add.sql': 'alter table t add name text' })
  const run = await lotse(['up', '--timeout', '5s', '--lock-timeout', '1s'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: folder,
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(`): lock table t; /*…*/ select /* fine */ '…', $$…$$ as "o'clock", '…' --…`)
  expect(run.output).not.toContain('hunter2')
})

test('a password is not shown where the plan is refused, either', async () => {
  const { url } = await freshDatabase()
  const sql = `-- lotse: no-transaction\ncreate role r encrypted 'hunter2';`
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_secret.sql': sql }) })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('001_secret.sql, line 2: syntax error at or near')
  expect(run.output).not.toContain('hunter2')
})

test.each([
  ['a key', 'insert into users select id + 1, token from users;', 'Detail: Key (token)=(…) already exists.'],
  ['a row', 'insert into users select null, token from users;', 'Detail: Failing row contains (null, …).'],
])('what PostgreSQL tells of the data is shown without a secret: %s', async (_, sql, shown) => {
  const { url, query } = await freshDatabase()
  await query('create table users (id int not null, token text unique)')
  await query("insert into users values (1, 'hunter2')")
  const notice = `do $$ begin raise notice 'the token is ''%''', (select token from users); end $$;`
  const folder = migrationsFolder({ '001_copy.sql': `${notice}\n${sql}` })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(shown)
  expect(run.output).toContain("the token is '…'")
  expect(run.output).not.toContain('hunter2')
})
