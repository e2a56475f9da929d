import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startProxy } from '../support/proxy.ts'

const files = {
  '001_a.sql': 'create table a (id int);',
  '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently a_id on a (id);',
  '003_c.sql': '-- lotse: breaking\n-- lotse: lock-timeout 5s\nalter table a rename to c;',
  '003_c.down.sql': 'alter table c rename to a;',
}
const first = { '001_a.sql': files['001_a.sql'] }

test('status shows every migration, and its exit code tells how things stand', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url }
  const all = { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) }
  const one = { ...env, LOTSE_MIGRATIONS: migrationsFolder(first) }
  await lotse(['up'], one)
  expect(await lotse(['status'], one)).toMatchObject({
    code: 0,
    output: expect.stringMatching(
      /^MIGRATION {2}STATE {4}WHEN \(UTC\) {11}TOOK +BY\n001_a {6}applied {2}20\S+ \S+ {2}\d+ ms {2}postgres\n\nThe schema/,
    ),
  })
  expect(await lotse(['status'], all)).toMatchObject({
    code: 10,
    output: expect.stringMatching(
      /\n002_index {2}pending\n003_c {6}pending +breaking\n\nlotse up would apply what is pending.\n$/,
    ),
  })
  await query(`insert into lotse_history (name, checksum, state) values ('002_index', 'x', 'started')`)
  expect((await lotse(['status'], all)).code).toBe(12)
  await query(`delete from lotse_history where name = '002_index'`)
  await lotse(['up'], all)
  await query(`update lotse_history set breaking = false`)
  expect(await lotse(['status'], one)).toMatchObject({ code: 11, output: expect.stringContaining('003_c      ahead') })
  const json = JSON.parse((await lotse(['status', '--json'], one)).output)
  expect(json).toMatchObject({
    state: 'ahead',
    migrations: [{ name: '001_a', state: 'applied' }, { state: 'ahead' }, { state: 'ahead' }],
  })
  await query(`update lotse_history set checksum = 'other' where name = '001_a'`)
  expect(await lotse(['status'], one)).toMatchObject({ code: 23, output: expect.stringContaining('001_a      edited') })
})

test('plan says what would run, how and in which order, and changes nothing', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  const { code, output } = await lotse(['plan'], env)
  expect(code).toBe(0)
  expect(output).toBe(`lotse up would apply, in this order:

   MIGRATION      HOW
1  001_a.sql      in one transaction      no down file
2  002_index.sql  statement by statement  no down file
3  003_c.sql      in one transaction      breaking: older versions will refuse to run on it, lock timeout 5 s
`)
  expect(await query(`select to_regclass('lotse_history') as history`)).toEqual([{ history: null }])
  const json = JSON.parse((await lotse(['plan', '--json'], env)).output)
  expect(json.steps).toMatchObject([
    { name: '001_a', transaction: true, reversible: false },
    { name: '002_index', transaction: false },
    { name: '003_c', breaking: true, reversible: true },
  ])
})

test('plan does not wait for a running migrator', async () => {
  const { url } = await freshDatabase()
  const slow = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_slow.sql': 'select pg_sleep(30);' }) }
  const holder = start(['up'], slow)
  await holder.says(/Applying 001_slow/)
  expect((await lotse(['plan'], slow)).code).toBe(0)
  holder.kill('SIGTERM')
  await holder.ended
})

test('plan refuses what up would refuse', async () => {
  const { url } = await freshDatabase()
  const folder = migrationsFolder({ '001_index.sql': 'create index concurrently i on t (id);' })
  const { code, output } = await lotse(['plan'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(code).toBe(23)
  expect(output).toContain('- 001_index.sql, line 1: CREATE INDEX CONCURRENTLY cannot run in a transaction')
})

test('wait ends when the last migration is applied, and needs no more than SELECT', async () => {
  const { url, query } = await freshDatabase()
  const role = `reader_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login`)
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(first) })
  await query(`grant select on lotse_history to ${role}`)
  const gate = start(['wait'], { ...env, DATABASE_URL: url.replace('postgres@', `${role}@`) })
  await gate.says(/Waiting for the schema of .*: 2 migrations not applied yet: 002_index, 003_c/)
  await lotse(['up'], env)
  const { code, output } = await gate.ended
  expect(code, output).toBe(0)
  await query(`revoke all on lotse_history from ${role}; drop role ${role}`)
})

test('wait gives up with 25 and names what is pending', async () => {
  const { url } = await freshDatabase()
  const run = await lotse(['wait', '--timeout', '2s'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(first) })
  expect(run.code).toBe(25)
  expect(run.terminationMessage).toMatch(/still lacks 1 migrations? after 2 s\n {2}- 001_a/)
})

test('a look that the end of its time cut short does not hide what wait was waiting for', async () => {
  const { url } = await freshDatabase()
  const proxy = await startProxy(url)
  const env = { DATABASE_URL: proxy.url, LOTSE_MIGRATIONS: migrationsFolder(first) }
  const run = start(['wait', '--timeout', '4s'], env)
  await run.says(/Waiting for the schema/)
  proxy.freeze()
  const { code, terminationMessage } = await run.ended
  expect(code).toBe(25)
  expect(terminationMessage).toMatch(/still lacks 1 migration after 4 s\n {2}- 001_a\n/)
})

test('wait accepts a newer schema, unless it is breaking', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url }
  await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) })
  const old = { ...env, LOTSE_MIGRATIONS: migrationsFolder(first) }
  const refused = await lotse(['wait'], old)
  expect(refused.code).toBe(23)
  expect(refused.terminationMessage).toContain('003_c, which a newer version applied, is breaking')
  await query('update lotse_history set breaking = false')
  expect((await lotse(['wait'], old)).code).toBe(0)
})

test('new goes on counting as the folder counts, or begins with the time', async () => {
  const folder = migrationsFolder(files)
  const run = await lotse(['new', 'Add price!', '--down', '--migrations', folder])
  expect(run.code, run.output).toBe(0)
  expect(readdirSync(folder).filter((file) => file.startsWith('004'))).toEqual([
    '004_add_price.down.sql',
    '004_add_price.sql',
  ])
  const empty = migrationsFolder({})
  await lotse(['new', 'init', '--migrations', empty])
  expect(readdirSync(empty)).toEqual([expect.stringMatching(/^20\d{12}_init\.sql$/)])
})

test.each([
  [['--help'], ['Usage: lotse COMMAND', 'baseline', 'lotse help migrations']],
  [['help', 'migrations'], ['-- lotse: no-transaction']],
  [['help', 'exits'], ['143  Interrupted']],
  [['help', 'options'], ['LOTSE_LOCK_WAIT']],
  [
    ['down', '--help'],
    ['Usage: lotse down --to NAME | --all', '--all', 'LOTSE_LOCK_WAIT', '24   MigrationFailed', 'Example:'],
  ],
  [['help', 'down'], ['Usage: lotse down --to NAME | --all']],
  [['guard', '-h', '--', 'sh', '-c', 'exit 3'], ['Usage: lotse guard']],
])('lotse %j', async (args, words) => {
  const { code, output } = await lotse(args)
  expect(code).toBe(0)
  for (const word of words) expect(output).toContain(word)
})

test('wait asks for nothing but its own migrations: what a newer version reverts does not hold it', async () => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(first) }
  await lotse(['up'], env)
  await query(`insert into lotse_history (name, checksum, state) values ('009_newer', 'x', 'reverting')`)
  expect((await lotse(['wait'], env)).code).toBe(0)
})

test('status does not promise what up would refuse', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_vacuum.sql': 'vacuum;' }) }
  expect((await lotse(['up'], env)).code).toBe(23)
  const run = await lotse(['status'], env)
  expect(run.code, run.output).toBe(23)
  expect(run.output).toContain(
    'lotse up would refuse to run:\n- 001_vacuum.sql, line 1: VACUUM cannot run in a transaction',
  )
})
