import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

const shop = {
  '001_products.sql':
    'create table products (id int primary key, name text not null);\ninsert into products values (1, $$tea$$);',
  '002_price.sql': 'alter table products add column price numeric;',
}

const history = 'select name from lotse_history order by position'

test('applies every pending migration in order of name and records each', async () => {
  const { url, query } = await freshDatabase()
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(shop) })
  expect(run.code, run.output).toBe(0)
  expect(await query(history)).toEqual([{ name: '001_products' }, { name: '002_price' }])
  expect(await query('select name, price from products')).toEqual([{ name: 'tea', price: null }])
  expect(run.output).toContain('Created the history table public.lotse_history\n')
  expect(run.output).toMatch(/Applied 2 migrations in .*; the schema is what this version needs/)
})

test('a second run applies nothing, takes no lock and exits 0', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(shop), LOTSE_LOG_FORMAT: 'json' }
  await lotse(['up'], env)
  const run = await lotse(['up'], env)
  expect(run.code).toBe(0)
  expect(run.events.map((event) => event.event)).toEqual([
    'run.started',
    'database.connected',
    'plan.made',
    'run.finished',
  ])
  expect(run.events.at(-1)).toMatchObject({ reason: 'UpToDate', names: [] })
})

test('that nothing is pending is seen without fetching the history, whatever the names', async () => {
  const { url, query } = await freshDatabase()
  const names = ['9_nine', '10_ten', '2024 a b', "o'clock", 'größe', 'Zebra', 'a', 'a-b', 'a.b', '漢字', 'back\\slash']
  const folder = migrationsFolder(Object.fromEntries(names.map((name) => [`${name}.sql`, 'select 1;'])))
  const first = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(first.code, first.output).toBe(0)
  const role = `reader_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login; grant select (name, checksum, state) on lotse_history to ${role}`)
  const env = { DATABASE_URL: Object.assign(new URL(url), { username: role }).href, LOTSE_MIGRATIONS: folder }
  const second = await lotse(['up'], env)
  expect(second.code, second.output).toBe(0)
  expect(second.output).toContain(`Nothing to apply: all ${names.length} migrations are applied`)
  await query(`update lotse_history set state = 'started' where name = 'a'`)
  const third = await lotse(['up'], env)
  expect(third.code).toBe(23)
  expect(third.terminationMessage).toContain('cannot access the history table "public"."lotse_history"')
  await query(`drop owned by ${role}; drop role ${role}`)
})

test('twenty runs at once apply each migration once and all exit 0', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...shop,
    '003_slow.sql': 'select pg_sleep(0.3); create table slow (id int);',
    '004_index.sql': 'create index on products (price);',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder, LOTSE_LOG_FORMAT: 'json' }
  const runs = await Promise.all(Array.from({ length: 20 }, () => lotse(['up'], env)))
  expect(runs.map((run) => run.code)).toEqual(Array(20).fill(0))
  expect(await query(history)).toHaveLength(4)
  const applied = runs.flatMap((run) =>
    run.events.filter((event) => event.event === 'migration.applied').map((event) => event.name),
  )
  expect(applied.sort()).toEqual(['001_products', '002_price', '003_slow', '004_index'])
})

test('a failing migration is rolled back whole, keeps the ones before it and is explained', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...shop,
    '003_discount.sql':
      'create table half_done (id int);\nalter table products add column discount numeric;\nupdate products set discount = prize * 0.1;\n',
    '004_never.sql': 'create table never (id int);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(await query(history)).toEqual([{ name: '001_products' }, { name: '002_price' }])
  expect(await query(`select to_regclass('half_done') as half, to_regclass('never') as never`)).toEqual([
    { half: null, never: null },
  ])
  expect(
    run.terminationMessage,
  ).toBe(`MigrationFailed: 003_discount.sql, line 3, column 32: column "prize" does not exist (SQLSTATE 42703)
  3 | update products set discount = prize * 0.1;
    |                                ^
  Hint: Perhaps you meant to reference the column "products.price".
003_discount.sql was rolled back and left nothing behind.
Applied before it in this run, and kept: 001_products, 002_price.
Next: correct 003_discount.sql and run lotse up again. (exit code 24)`)
  expect(run.output).toContain(run.terminationMessage)
})

test('the corrected migration is applied by the next run', async () => {
  const { url, query } = await freshDatabase()
  const broken = migrationsFolder({ ...shop, '003_vat.sql': 'alter table product add column vat numeric;' })
  const corrected = migrationsFolder({ ...shop, '003_vat.sql': 'alter table products add column vat numeric;' })
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: broken })).code).toBe(24)
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: corrected })).code).toBe(0)
  expect(await query(history)).toHaveLength(3)
})

test('an error that PostgreSQL gives no position for names the statement that failed', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({
    ...shop,
    '003_duplicate.sql': `-- ünïcödé before the statement\ninsert into products values (2, 'Käse; 10€');\n\n-- one comment more\n  insert into products values (1, 'again');\n`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.terminationMessage).toContain(
    '003_duplicate.sql, line 5, column 3: duplicate key value violates unique constraint',
  )
  expect(run.terminationMessage).toContain(
    `5 |   insert into products values (1, 'again');\n    |   ^\n  Detail: Key (id)=(1) already exists.`,
  )
})

test('a file with a COMMIT of its own is refused before anything runs', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_first.sql': 'create table first (id int);',
    '002_commits.sql': 'create table kept (id int);\nCOMMIT;\ncreate table more (id int);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain(
    '- 002_commits.sql, line 2: remove COMMIT: Lotse already runs each file in a transaction',
  )
  expect(await query(`select to_regclass('first') as first`)).toEqual([{ first: null }])
})

test('a script that ends its own transaction is caught and not recorded', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_commits.ts': `export const up = async ({ context }) => {
      await context.query('create table kept (id int)')
      await context.query('commit; begin')
    }`,
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_commits.ts ended the transaction it runs in')
  expect(await query(history)).toEqual([])
})

test('a migration that gives the run lock away is rolled back', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ '001_unlock.sql': 'create table lost (id int); select pg_advisory_unlock_all();' })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_unlock.sql released the run lock')
  expect(await query(`select to_regclass('lost') as lost`)).toEqual([{ lost: null }])
  expect(await query(history)).toEqual([])
})

test('what one migration sets in the session does not reach the next', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_dump.sql': `select pg_catalog.set_config('search_path', '', false); set statement_timeout = '50ms'; create table public.a (id int);`,
    '002_next.sql': 'create table b (id int); select pg_sleep(0.2);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(await query(`select to_regclass('public.b') as b`)).toEqual([{ b: 'b' }])
})

test('what a migration raises as a notice is in the log', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_notice.sql': `do $$ begin raise notice 'half way there'; end $$;` })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.output).toContain('NOTICE: half way there')
})

test('SIGTERM cancels the statement on the server, rolls back, frees the lock and exits 143', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...shop,
    '003_long.sql': 'create table half_done (id int);\nselect pg_sleep(120);',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const run = start(['up'], env)
  await run.says(/Applying 003_long/)
  const sleeping = `select 1 from pg_stat_activity where datname = current_database() and query like '%pg_sleep(120)%' and state = 'active' and pid <> pg_backend_pid()`
  await expect.poll(() => query(sleeping), { timeout: 10_000 }).toHaveLength(1)
  run.kill('SIGTERM')
  const { code, terminationMessage } = await run.ended
  expect(code).toBe(143)
  expect(terminationMessage).toContain('Interrupted: stopped by SIGTERM')
  expect(terminationMessage).toContain('While running 003_long.sql, line 2')
  expect(terminationMessage).toContain('003_long.sql was rolled back and left nothing behind.')
  expect(await query(sleeping)).toEqual([])
  expect(
    await query(
      `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  ).toEqual([])
  expect(await query(history)).toHaveLength(2)
})

test('the run ends itself with a message when its budget is spent', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({ '001_long.sql': 'select pg_sleep(120);' })
  const run = await lotse(['up', '--timeout', '6s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('the run did not finish within its 6 s')
  expect(await query(history)).toEqual([])
})

test('a run that cannot get the lock says who holds it and exits 22', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_long.sql': 'select pg_sleep(20);' })
  const holder = start(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: folder,
    LOTSE_RELEASE: 'shop/shop',
    LOTSE_POD: 'shop-migrator-abcde',
  })
  await holder.says(/Applying 001_long/)
  const run = await lotse(['up', '--lock-wait', '1s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(22)
  expect(run.terminationMessage).toMatch(/Held by pid \d+ \(lotse shop\/shop shop-migrator-abcde, user postgres/)
  holder.kill('SIGTERM')
  await holder.ended
})

test('an older image meets a newer schema and goes on', async () => {
  const { url } = await freshDatabase()
  const newer = migrationsFolder({ ...shop, '003_vat.sql': 'alter table products add column vat numeric;' })
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: newer })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(shop) })
  expect(run.code).toBe(0)
  expect(run.output).toContain('The schema is newer than this image: 003_vat came from a newer version. Continuing.')
})

test('an edited migration is refused before anything runs', async () => {
  const { url, query } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(shop) })
  const edited = {
    ...shop,
    '002_price.sql': 'alter table products add column price money;',
    '003_more.sql': 'create table more (id int);',
  }
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(edited) })
  expect(run.code).toBe(23)
  expect(run.terminationMessage).toContain('- 002_price.sql was edited after it was applied')
  expect(await query(history)).toHaveLength(2)
})

test('line endings and a byte order mark are no edit', async () => {
  const { url } = await freshDatabase()
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(shop) })
  const windows = Object.fromEntries(
    Object.entries(shop).map(([name, sql]) => [name, `\uFEFF${sql.replaceAll('\n', '\r\n')}`]),
  )
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(windows) })).code).toBe(0)
})

test('a file may take the role of another owner', async () => {
  const { url, query } = await freshDatabase()
  const role = `owner_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role}; grant create, usage on schema public to ${role}`)
  const folder = migrationsFolder({
    '001_owned.sql': `set role ${role}; create table owned (id int);`,
    '002_mine.sql': 'create table mine (id int);',
  })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code, run.output).toBe(0)
  expect(
    await query(
      `select tableowner = '${role}' as owned from pg_tables where tablename in ('owned', 'mine') order by tablename`,
    ),
  ).toEqual([{ owned: false }, { owned: true }])
  await query(`drop owned by ${role}; drop role ${role}`)
})

test('a password in the SQL that fails is masked, with the caret where it belongs', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_role.sql': `create role r password 'hunter2' in role nobody_at_all;` })
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  expect(run.output + run.terminationMessage).not.toContain('hunter2')
  expect(run.terminationMessage).toContain("create role r password '•••••••'")
})

test('a run that is shorter than its patience for the lock still says who holds it', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_long.sql': 'select pg_sleep(20);' })
  const holder = start(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  await holder.says(/Applying 001_long/)
  const run = await lotse(['up', '--timeout', '8s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(22)
  expect(run.terminationMessage).toMatch(/Held by pid \d+ .*, which runs for .*: lotse: 001_long.sql/)
  holder.kill('SIGTERM')
  await holder.ended
})

test('a file without a statement is applied, with a note', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    '001_empty.sql': '',
    '002_comments.sql': '-- nothing --- yet\n/* or -- ever */\n',
    '003_goose.sql': '-- +goose Up\n-- +goose Down\n',
    '004_alone.sql': '-- lotse: no-transaction\n',
    '005_table.sql': 'create table t (id int);',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  for (const file of ['001_empty.sql', '002_comments.sql', '003_goose.sql', '004_alone.sql'])
    expect(run.output).toContain(`  NOTICE: ${file} holds no statement\n`)
  expect(run.output).not.toContain('005_table.sql holds')
  expect(await query('select count(*)::int as n from lotse_history')).toEqual([{ n: 5 }])
  expect((await lotse(['up'], env)).output).toContain('UpToDate')
})

test('numbers after letters are numbers: V10 is applied after V9, in a fresh database and in one at V9', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 10 }, (_, at) => [`V${at + 1}__step.sql`, `insert into seen values (${at + 1})`]),
  )
  const upToNine = Object.fromEntries(Object.entries(files).filter(([name]) => name !== 'V10__step.sql'))
  for (const runs of [[files], [upToNine, files]]) {
    const { url, query } = await freshDatabase()
    await query('create table seen (n int)')
    for (const each of runs) {
      const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(each) })
      expect(run.code, run.output).toBe(0)
    }
    expect((await query('select n from seen')).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  }
})
