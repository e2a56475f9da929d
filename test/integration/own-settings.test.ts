import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

// What Lotse has set in its session outlives what a file takes back: the limits, what tells a dead client, the mark of the transaction.

const seen = `select current_setting('search_path') as path, current_setting('lock_timeout') as lock,
  current_setting('statement_timeout') as statement, current_setting('client_connection_check_interval') as client,
  current_setting('work_mem') as memory`
const ours = { path: '"$user", public', lock: '4s', statement: '1h', client: '1s', memory: '4MB' }
const limits = ['--lock-timeout', '4s', '--statement-timeout', '1h']

const files: Record<string, (sql: string) => Record<string, string>> = {
  'a file that goes out in one message': (sql) => ({ '001_a.sql': sql }),
  'a file that does not': (sql) => ({ '001_a.sql': `${sql} /* $$ */` }),
  'a file without a transaction': (sql) => ({ '001_a.sql': `-- lotse: no-transaction\n${sql}` }),
  'a script': (sql) => ({ '001_a.ts': `export const up = ({ context }) => context.query(${JSON.stringify(sql)})` }),
  'a script in single queries': (sql) => ({
    '001_a.ts': `export const up = async ({ context }) => { for (const each of ${JSON.stringify(sql.split(';'))}) await context.query(each) }`,
  }),
  'a script without a transaction': (sql) => ({
    '001_a.ts': `// lotse: no-transaction\nexport const up = async ({ context }) => { for (const each of ${JSON.stringify(sql.split(';'))}) await context.query(each) }`,
  }),
}

test.each(Object.keys(files))('RESET ALL in %s takes back what the file has set, and nothing of ours', async (kind) => {
  const { url, query } = await freshDatabase()
  const sql = `create schema app; set search_path = app; set work_mem = '64MB'; create table t (id int);
    RESET /* mine */ ALL; create table t (id int); create table seen as ${seen}`
  const together = kind === 'a script'
  const run = await lotse(['up', ...limits], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder(files[kind]?.(sql) ?? {}),
  })
  expect(run.code, run.output).toBe(0)
  expect(await query(`select schemaname from pg_tables where tablename = 't' order by 1`)).toEqual([
    { schemaname: 'app' },
    { schemaname: 'public' },
  ])
  // A script's own message of several statements is not looked into: what it reads in the same message is the server's.
  if (!together) expect(await query('select * from seen')).toEqual([ours])
})

test.each(['reset lock_timeout', 'set lock_timeout to default', 'set local lock_timeout = default'])(
  '%s gives the limit back that Lotse was given, and leaves the others as the file has set them',
  async (sql) => {
    const { url, query } = await freshDatabase()
    const run = await lotse(['up', ...limits], {
      DATABASE_URL: url,
      LOTSE_MIGRATIONS: migrationsFolder({
        '001_a.sql': `set statement_timeout = '7s'; set lock_timeout = '1s'; ${sql}; create table seen as ${seen}`,
      }),
    })
    expect(run.code, run.output).toBe(0)
    expect(await query('select * from seen')).toEqual([{ ...ours, statement: '7s' }])
  },
)

test.each([
  ['select 1;\nreset all;\n\nselect missing;', 4, 8, 'column "missing" does not exist'],
  ['select 1;\nreset all;\n select 1 / 0; select 2;', 3, 2, 'division by zero'],
  ['reset all;\nselect 1;\nreset all;\nselec 1;', 4, 1, 'syntax error'],
])('an error after RESET ALL is told at its place, and nothing stays: %j', async (text, line, column, why) => {
  const { url, query } = await freshDatabase()
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': `create table kept (id int); ${text}` }),
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain(`001_a.sql, line ${line}, column ${column}: ${why}`)
  expect(await query(`select to_regclass('kept') as kept`)).toEqual([{ kept: null }])
})

test.each(['', '-- lotse: no-transaction\n'])(
  'RESET ALL inside a block is told as what it is, and rolled back: %j',
  async (head) => {
    const { url, query } = await freshDatabase()
    const run = await lotse(['up'], {
      DATABASE_URL: url,
      LOTSE_MIGRATIONS: migrationsFolder({
        '001_a.sql': `${head}do $$ begin reset all; create table kept (id int); end $$;`,
      }),
    })
    expect(run.code).toBe(24)
    expect(run.terminationMessage).toContain(
      '001_a.sql took back every setting of the session, by RESET ALL inside a block or function',
    )
    expect(run.terminationMessage).toContain('Next: reset by name what the block has set')
    expect(await query(`select to_regclass('kept') as kept`)).toEqual([{ kept: null }])
  },
)

test('RESET ALL in what reverts a migration is taken like that of a file', async () => {
  const { url } = await freshDatabase()
  const env = {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({
      '001_a.sql': 'create table a (id int)',
      '001_a.down.sql': `set search_path = public; drop table a; reset all;`,
    }),
  }
  expect(await lotse(['up'], env)).toMatchObject({ code: 0 })
  const run = await lotse(['down', '--all'], env)
  expect(run.code, run.output).toBe(0)
})
