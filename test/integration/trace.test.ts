import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { TracedMigration, TracedStatement, TracedTable } from '../../hook/migration/trace.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** lotse check --trace: what pending migrations did to a scratch database. */

const base = {
  '001_orders.sql':
    'create table customers (id bigint primary key);\ncreate table orders (id bigint primary key, total integer, note text);',
}
const rows = 20_000
const fill = `insert into customers select n from generate_series(1, 100) as n;
  insert into orders select n, n, 'note' from generate_series(1, ${rows}) as n; analyze`

/** A database and its restored copy, both with the first migration and its rows. */
async function databases(): Promise<{ target: TestDatabase; scratch: TestDatabase }> {
  const [target, scratch] = [await freshDatabase(), await freshDatabase()]
  const migrations = migrationsFolder(base)
  for (const { url, query } of [target, scratch]) {
    await lotse(['up', '--migrations', migrations], { DATABASE_URL: url })
    await query(fill)
  }
  return { target, scratch }
}

type Report = {
  readonly trace: {
    readonly database: string
    readonly migrations: readonly TracedMigration[]
    readonly untraced: readonly string[]
    readonly failed?: { readonly reason: string; readonly message: string }
  }
  readonly findings: readonly { rule: string; severity: string; message: string; line: number; file: string }[]
  readonly accepted: readonly { rule: string; reason: string }[]
}

/** One trace in JSON, with the statements by their place. */
async function trace(
  { target, scratch }: { target: TestDatabase; scratch: TestDatabase },
  files: Record<string, string>,
): Promise<{ code: number | null; output: string; report: Report; statement: (text: string) => TracedStatement }> {
  const env = { DATABASE_URL: target.url, LOTSE_TRACE_URL: scratch.url }
  const run = await lotse(['check', '--trace', '--json', '--migrations', migrationsFolder({ ...base, ...files })], env)
  const report = JSON.parse(run.output) as Report
  const all = report.trace.migrations.flatMap(({ statements }) => statements)
  const statement = (text: string): TracedStatement => {
    const found = all.find(({ sql }) => sql.includes(text))
    if (!found) throw new Error(`${text} was not traced: ${run.output}`)
    return found
  }
  return { ...run, report, statement }
}

/** What was seen otherwise than foretold; how long it took depends on what else the machine does. */
const differing = ({ findings }: Report): Report['findings'] =>
  findings.filter(({ rule, message }) => rule === 'trace-differs' && !/^Foretold: [\d.,]+ m?s to /.test(message))

const tableOf = ({ tables }: TracedStatement, name: string): TracedTable | undefined =>
  tables.find(({ table }) => table === `public.${name}`)

test('each statement tells its time, its locks, rewrites, index builds, rows read and changed, and sizes', async () => {
  const both = await databases()
  const { code, output, report, statement } = await trace(both, {
    '002_total.sql': `-- for large sums
alter table orders alter column total type bigint;
update orders set note = 'paid' where id <= 500;
alter table orders add constraint positive check (total > 0);
create table lines (id bigint primary key, order_id bigint references orders);
drop table customers;`,
    '003_index.sql': '-- lotse: no-transaction\ncreate index concurrently orders_note on orders (note);',
    '004_emptied.sql': 'truncate orders cascade;',
  })
  expect(code, output).toBe(0)
  const [total, index] = report.trace.migrations
  expect(report.trace.migrations.map(({ file, applied, transaction }) => [file, applied, transaction])).toEqual([
    ['002_total.sql', true, true],
    ['003_index.sql', true, false],
    ['004_emptied.sql', true, true],
  ])
  const retyped = statement('alter column total')
  expect(retyped).toMatchObject({ place: { line: 2, column: 1 }, alone: false, failed: false })
  expect(tableOf(retyped, 'orders')).toMatchObject({
    rewritten: true,
    built: ['orders_pkey'],
    // Once to write it anew, once to build its index.
    scanned: 2 * rows,
    fresh: false,
  })
  expect(retyped.elapsed).toBeGreaterThan(0)
  expect(retyped.wal).toBeGreaterThan(rows)
  expect(tableOf(statement('update orders'), 'orders')).toMatchObject({ rewritten: false, changed: 500, built: [] })
  expect(tableOf(statement('positive'), 'orders')).toMatchObject({ rewritten: false, scanned: rows, changed: 0 })
  expect(tableOf(statement('create table lines'), 'lines')).toMatchObject({ fresh: true, rewritten: false })
  expect(tableOf(statement('drop table'), 'customers')).toMatchObject({ dropped: true })
  expect(tableOf(statement('truncate'), 'orders')).toMatchObject({ rewritten: false })
  expect(tableOf(statement('truncate'), 'orders')?.after).toBeLessThan(tableOf(retyped, 'orders')?.after ?? 0)
  // What a transaction takes it keeps, so the first statement's lock lasts as long as the file.
  expect(total?.locks).toContainEqual({
    table: 'public.orders',
    mode: 'ACCESS EXCLUSIVE',
    statement: 0,
    from: 0,
    to: total?.elapsed,
  })
  expect(total?.locks.find(({ table }) => table === 'public.customers')).toMatchObject({ statement: 4 })
  expect(total?.locks.filter(({ table }) => table === 'public.lines')).toEqual([])
  const built = statement('concurrently')
  expect(built).toMatchObject({ alone: true, place: { line: 2 } })
  expect(tableOf(built, 'orders')?.built).toEqual(['orders_note'])
  expect(index?.locks.map(({ mode }) => mode)).not.toContain('ACCESS EXCLUSIVE')
  expect(await both.scratch.query('select name from lotse_history order by position')).toHaveLength(4)
  expect(await both.target.query('select name from lotse_history')).toHaveLength(1)
  // It has the effects: a second trace has nothing to do, and says so.
  const again = await lotse(['check', '--trace', both.scratch.url, '--migrations', migrationsFolder({ ...base })], {
    DATABASE_URL: both.target.url,
  })
  expect(again.output).toMatch(
    /nothing is pending there\. If it has the effects of an earlier trace, restore it first\./,
  )
})

test('a lock of a statement outside of a transaction is seen while it runs', async () => {
  const both = await databases()
  const writer = await both.scratch.connect()
  await writer.query('begin; update orders set note = note where id = 1')
  const env = { LOTSE_TRACE_URL: both.scratch.url }
  const migrations = migrationsFolder({
    ...base,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently orders_note on orders (note);',
  })
  const running = lotse(['check', '--trace', '--json', '--migrations', migrations], env)
  // The build waits for the writer, so that its lock is held for as long as the test likes.
  const waiting = async (): Promise<boolean> =>
    (await both.scratch.query(`select from pg_locks where not granted and locktype = 'virtualxid'`)).length > 0
  await expect.poll(waiting, { timeout: 20_000 }).toBe(true)
  await expect
    .poll(() => both.scratch.query(`select from pg_stat_activity where application_name = 'lotse traces a migration'`))
    .toHaveLength(1)
  await writer.query('rollback')
  const { output, code } = await running
  expect(code, output).toBe(0)
  const [{ locks }] = (JSON.parse(output) as Report).trace.migrations as [TracedMigration]
  expect(locks.map(({ table, mode }) => [table, mode])).toContainEqual(['public.orders', 'SHARE UPDATE EXCLUSIVE'])
})

describe('what the rules foretold otherwise is a finding', () => {
  test('work that a block hides, and none for what they foretold', async () => {
    const both = await databases()
    const hidden = `do $$ begin execute 'alter table orders alter column total type bigint'; end $$;`
    const { report } = await trace(both, { '002_hidden.sql': `\n${hidden}` })
    const found = differing(report)
    expect(found).toMatchObject([{ file: '002_hidden.sql', line: 2 }])
    expect(['warning', 'error']).toContain(found[0]?.severity)
    expect(found[0]?.message).toMatch(
      /^Foretold: no rewrite of orders\. Seen: orders rewritten in [\d.]+ m?s under ACCESS EXCLUSIVE\.$/,
    )
    const plain = await trace(both, {
      '002_hidden.sql': `\n${hidden}`,
      '003_plain.sql': 'alter table orders alter column total type numeric;\ncreate index on orders (note);',
    })
    expect(differing(plain.report)).toEqual([])
    const accepted = await trace(both, {
      '002_hidden.sql': `\n${hidden}`,
      '003_plain.sql': 'alter table orders alter column total type numeric;\ncreate index on orders (note);',
      '004_hidden.sql': `-- lotse: accept trace-differs: at night\n${hidden.replace('bigint', 'integer')}`,
    })
    expect(differing(accepted.report)).toEqual([])
    expect(accepted.report.accepted).toMatchObject([{ rule: 'trace-differs', reason: 'at night' }])
  })

  test('of a script, by its queries; partitions belong to their table', async () => {
    const both = await databases()
    for (const { query } of [both.target, both.scratch])
      await query(`create table events (at int, kind int) partition by range (at);
        create table events_1 partition of events for values from (0) to (100000);
        insert into events select n, n from generate_series(1, 5000) as n; analyze events`)
    const { report, statement } = await trace(both, {
      '002_script.ts': `export async function up({ context }: any) {
  await context.query('alter table orders alter column total type bigint')
  await context.query('update orders set note = $1 where id = 1', ['secret'])
}`,
      '003_events.sql': 'alter table events alter column kind type bigint;',
    })
    expect(differing(report)).toMatchObject([
      { file: '002_script.ts', line: 1, message: expect.stringContaining('orders rewritten') },
    ])
    expect(statement('update orders').place).toBeUndefined()
    expect(tableOf(statement('alter table events'), 'events_1')).toMatchObject({
      rewritten: true,
      partitionOf: 'public.events',
    })
  })

  test('--fail-on counts it, and SARIF and GitHub show it', async () => {
    const both = await databases()
    const migrations = migrationsFolder({
      ...base,
      '002_hidden.sql': `do $$ begin execute 'alter table orders alter column total type bigint'; end $$;`,
    })
    const env = { DATABASE_URL: both.target.url, LOTSE_TRACE_URL: both.scratch.url }
    const args = ['check', '--trace', '--output', 'sarif', '--fail-on', 'warning', '--migrations', migrations]
    const { status, stdout } = spawnSync(process.execPath, ['dist/lotse.js', ...args], { env, encoding: 'utf8' })
    expect(status, stdout).toBe(23)
    const [{ results, tool }] = JSON.parse(stdout).runs
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain('trace-differs')
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toContain('trace-differs')
  })
})

describe('a trace that cannot be made', () => {
  test('a migration that fails there: its place, what was seen up to it, and the exit code of up', async () => {
    const both = await databases()
    const files = {
      '002_fails.sql': 'alter table orders add column state text;\n\ninsert into orders (id) values (1);',
    }
    const json = await trace(both, files)
    expect(json.code).toBe(24)
    expect(json.report.trace.failed).toMatchObject({ reason: 'MigrationFailed' })
    expect(json.report.trace.failed?.message).toMatch(/^002_fails\.sql, line 3, column 1: duplicate key value/)
    expect(json.statement('add column state')).toMatchObject({ failed: false })
    expect(json.statement('insert into')).toMatchObject({ failed: true, place: { line: 3 } })
    const env = { DATABASE_URL: both.target.url, LOTSE_TRACE_URL: both.scratch.url }
    const migrations = migrationsFolder({ ...base, ...files })
    const text = await lotse(['check', '--trace', '--migrations', migrations], env)
    expect(text.code).toBe(24)
    expect(text.output).toMatch(/002_fails\.sql \(in one transaction, [\d.]+ m?s, not applied\)/)
    expect(text.output).toMatch(/line 3, [\d.]+ m?s, failed: insert into orders/)
    expect(text.output).toMatch(/MigrationFailed: 002_fails\.sql, line 3, column 1: duplicate key/)
    expect(text.output).toMatch(/This was the trace on the scratch database test_\w+ at 127\.0\.0\.1/)
    expect(text.output).toMatch(/Next: correct 002_fails\.sql, then restore the scratch database and trace again/)
    const github = await lotse(['check', '--trace', '--output', 'github', '--migrations', migrations], env)
    expect(github.code).toBe(24)
    expect(github.output).toMatch(/^::error file=.*002_fails\.sql,line=3,col=1,title=trace-failed::/m)
    expect(await both.target.query('select name from lotse_history')).toHaveLength(1)
  })

  test('the database itself is refused, unless it is said', async () => {
    const { target } = await databases()
    const migrations = migrationsFolder({ ...base, '002_more.sql': 'create table more ()' })
    const args = ['check', '--trace', '--migrations', migrations]
    const other = Object.assign(new URL(target.url), { hostname: 'localhost' }).href
    const refused = await lotse(args, { DATABASE_URL: target.url, LOTSE_TRACE_URL: other })
    expect(refused.code, refused.output).toBe(20)
    expect(refused.output).toMatch(
      /--trace leads to the database itself, test_\w+ at localhost:\d+: a trace would migrate it/,
    )
    expect(await target.query('select name from lotse_history')).toHaveLength(1)
    const said = await lotse([...args, '--trace-target'], { DATABASE_URL: target.url, LOTSE_TRACE_URL: other })
    expect(said.code, said.output).toBe(0)
    expect(await target.query('select name from lotse_history')).toHaveLength(2)
  })

  test.each([
    ['no URL', {}, 20, /--trace: no scratch database is given; set LOTSE_TRACE_URL/],
    ['a bad URL', { LOTSE_TRACE_URL: 'mysql://u:hunter2@h/d' }, 20, /LOTSE_TRACE_URL: starts with mysql:/],
    [
      'nobody there',
      { LOTSE_TRACE_URL: 'postgresql://u:hunter2@127.0.0.1:1/d' },
      21,
      /cannot reach|could not|127\.0\.0\.1:1/,
    ],
  ])('%s', async (_, env, expected, message) => {
    const { url } = await freshDatabase()
    const migrations = migrationsFolder(base)
    const args = ['check', '--trace', '--connect-timeout', '1s', '--migrations', migrations]
    const { code, output } = await lotse(args, { DATABASE_URL: url, ...env } as Record<string, string>)
    expect(code, output).toBe(expected)
    expect(output).toMatch(message)
    expect(output).not.toContain('hunter2')
  })

  test('no rights there: as up says it', async () => {
    const { target, scratch } = await databases()
    const user = `reader_${new URL(scratch.url).pathname.slice(6)}`
    await scratch.query(`create role ${user} login; grant select on lotse_history to ${user}`)
    const url = Object.assign(new URL(scratch.url), { username: user }).href
    const migrations = migrationsFolder({ ...base, '002_more.sql': 'create table more ()' })
    const { code, output } = await lotse(['check', '--trace', '--migrations', migrations], {
      DATABASE_URL: target.url,
      LOTSE_TRACE_URL: url,
    })
    await scratch.query(`drop owned by ${user}; drop role ${user}`)
    expect(code, output).toBe(23)
    expect(output).toContain('lotse_history')
  })
})

test('what the scratch database has already is said not to be traced', async () => {
  const both = await databases()
  const files = { '002_more.sql': 'create table more ()' }
  const first = await trace(both, files)
  expect(first.report.trace.untraced).toEqual([])
  const second = await trace(both, files)
  expect(second.report.trace).toMatchObject({ migrations: [], untraced: ['002_more'] })
})
