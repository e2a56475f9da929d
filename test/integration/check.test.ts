import { readFileSync } from 'node:fs'
import pg from 'pg'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { harmful, harmless, probe } from '../fixtures/check/statements.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const name = 'check_statements'
const url = (): string => Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href

/** The tables of the examples, each as if it had a million rows: the catalogue's figures are what the check goes by. */
beforeAll(async () => {
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  await admin.query(`drop database if exists ${name} with (force)`)
  await admin.query(`create database ${name}`)
  await admin.end()
  const client = new pg.Client(url())
  await client.connect()
  await client.query(readFileSync('test/fixtures/check/schema.sql', 'utf8'))
  await client.query(readFileSync('test/fixtures/check/large.sql', 'utf8'))
  await client.end()
})

type Json = {
  readonly findings: readonly {
    readonly file: string
    readonly rule: string
    readonly severity: string
    readonly tables: readonly { table: string; lock: string }[]
  }[]
}

async function check(files: Record<string, string>, args: readonly string[] = []): Promise<Json> {
  const { output, code } = await lotse(['check', '--json', ...args, '--migrations', migrationsFolder(files)], {
    DATABASE_URL: url(),
  })
  expect(code, output).toBe(0)
  return JSON.parse(output)
}

/** One run for all statements, each in a file and a run of its own as far as the rules can see. */
async function findingsOf(statements: readonly string[]): Promise<Map<string, Json['findings']>> {
  const files = Object.fromEntries(statements.map((sql, index) => [`${String(index + 1).padStart(3, '0')}.sql`, sql]))
  const { findings } = await check(files, ['--all'])
  return new Map(Object.entries(files).map(([file, sql]) => [sql, findings.filter((each) => each.file === file)]))
}

describe('beside a database', () => {
  test(`${harmless.length} harmless statements, on large, small and new tables: no error and no warning`, async () => {
    const found = await findingsOf(harmless)
    expect(harmless.length).toBeGreaterThanOrEqual(60)
    const loud = [...found].flatMap(([sql, findings]) =>
      findings.filter(({ severity }) => severity !== 'note').map(({ rule }) => `${rule}: ${sql}`),
    )
    expect(loud).toEqual([])
  })

  test(`${harmful.length} harmful statements: found, with the lock and its table`, async () => {
    const found = await findingsOf(harmful.map(([sql]) => sql))
    expect(harmful.length).toBeGreaterThanOrEqual(40)
    for (const [sql, rule, lock] of harmful) {
      const findings = found.get(sql) ?? []
      const one = findings.find((each) => each.rule === rule)
      expect(one, `${sql}: ${JSON.stringify(findings.map((each) => each.rule))}`).toBeDefined()
      expect(one?.severity, sql).not.toBe('note')
      if (lock)
        expect(
          one?.tables.map((each) => `${each.lock} ${each.table}`),
          sql,
        ).toContain(lock)
    }
  })

  test('the probe on which other linters were silent: all 19 found', async () => {
    const found = await findingsOf(probe)
    expect(probe.length).toBe(19)
    const silent = [...found]
      .filter(([, findings]) => findings.every(({ severity }) => severity === 'note'))
      .map(([sql]) => sql)
    expect(silent).toEqual([])
  })
})

const slow = {
  '001_orders.sql': 'create table orders (id bigint primary key, total integer);',
  '002_total.sql': '-- what the new version needs\nalter table orders alter column total type bigint;',
}

/** A database whose first migration is applied, with a table of 60 MB. */
async function withLargeOrders(): Promise<{ url: string; query: (sql: string) => Promise<Record<string, unknown>[]> }> {
  const database = await freshDatabase()
  const first = migrationsFolder({ '001_orders.sql': slow['001_orders.sql'] })
  await lotse(['up', '--migrations', first], { DATABASE_URL: database.url })
  await database.query(
    `alter table orders set (fillfactor = 10); insert into orders select n, n from generate_series(1, 150000) as n; analyze orders`,
  )
  return database
}

describe('in the hook', () => {
  test('up warns before anything runs, with table, size, lock and safe form, and then runs', async () => {
    const { url, query } = await withLargeOrders()
    const { code, output } = await lotse(['up', '--migrations', migrationsFolder(slow)], { DATABASE_URL: url })
    expect(code, output).toBe(0)
    expect(output).toMatch(
      /Check: 1 error in the pending migrations\n {2}002_total\.sql, line 2, column 33: column-type-rewrites \(error\)/,
    )
    expect(output).toMatch(
      /Table orders \(\d+ MB, about 150,000 rows\): ACCESS EXCLUSIVE, reads and writes wait for about [\d.]+ m?s to [\d.]+ s/,
    )
    expect(output).toContain('alter table orders add column total_new bigint;')
    expect(output.indexOf('Check:')).toBeLessThan(output.indexOf('Applying 002_total'))
    expect(await query(`select data_type from information_schema.columns where column_name = 'total'`)).toEqual([
      { data_type: 'bigint' },
    ])
  })

  test('refuse ends with 23 before any lock, and the termination message has the finding and the safe form', async () => {
    const { url, query } = await withLargeOrders()
    const env = { DATABASE_URL: url, LOTSE_CHECK: 'refuse', LOTSE_MIGRATIONS: migrationsFolder(slow) }
    const { code, output, terminationMessage } = await lotse(['up'], env)
    expect(code, output).toBe(23)
    expect(output).not.toContain('Took the run lock')
    expect(terminationMessage).toMatch(/^PlanRefused: the check found an error in the pending migrations/)
    expect(terminationMessage).toContain('002_total.sql, line 2, column 33: column-type-rewrites (error)')
    expect(terminationMessage).toContain('alter table orders add column total_new bigint;')
    expect(terminationMessage).toMatch(
      /Next: write the safe form shown above \(or accept with a reason: "-- lotse: accept column-type-rewrites: REASON"\)/,
    )
    expect(await query(`select count(*)::int as applied from lotse_history`)).toEqual([{ applied: 1 }])
    const plan = await lotse(['plan'], env)
    expect(plan.code, plan.output).toBe(23)
    expect(plan.output).toContain('lotse up would refuse to run for the errors below')
    const accepted = {
      ...slow,
      '002_total.sql': `-- lotse: accept column-type-rewrites: at night\n${slow['002_total.sql']}`,
    }
    const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(accepted) })
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('002_total.sql, line 3: column-type-rewrites is accepted: at night')
  })

  test('off says nothing, and neither does a run of what is harmless or has been applied', async () => {
    const { url } = await withLargeOrders()
    const env = {
      DATABASE_URL: url,
      LOTSE_MIGRATIONS: migrationsFolder({ ...slow, '003_ok.sql': 'alter table orders add column note text;' }),
    }
    const { output } = await lotse(['up'], { ...env, LOTSE_CHECK: 'off' })
    expect(output).toContain('Applied 2 migrations')
    expect(output).not.toContain('Check')
    expect((await lotse(['up'], env)).output).not.toContain('Check')
  })

  test('plan shows findings beside each step, and in JSON', async () => {
    const { url } = await withLargeOrders()
    const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(slow) }
    const { code, output } = await lotse(['plan'], env)
    expect(code).toBe(0)
    expect(output).toContain(
      '1  002_total.sql  in one transaction  check: 1 error, no down file\n\n002_total.sql, line 2, column 33:',
    )
    const json = JSON.parse((await lotse(['plan', '--json'], env)).output)
    expect(json.steps[0].findings).toMatchObject([
      { rule: 'column-type-rewrites', tables: [{ table: 'orders', lock: 'ACCESS EXCLUSIVE' }] },
    ])
  })

  test('a JSON log has the finding in fields', async () => {
    const { url } = await withLargeOrders()
    const run = await lotse(['up', '--log-format', 'json'], {
      DATABASE_URL: url,
      LOTSE_MIGRATIONS: migrationsFolder(slow),
    })
    expect(run.events.find(({ event }) => event === 'check.found')).toMatchObject({
      level: 'warn',
      findings: [{ rule: 'column-type-rewrites', severity: 'error', file: '002_total.sql', line: 2, column: 33 }],
    })
  })

  test('an unknown rule and an unknown policy are errors of the configuration', async () => {
    const { url } = await freshDatabase()
    const folder = migrationsFolder({ '001.sql': '-- lotse: accept no-such-rule: because\nselect 1;' })
    const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
    expect(run.code).toBe(20)
    expect(run.output).toContain('001.sql: there is no rule no-such-rule')
    const policy = await lotse(['up', '--check', 'strict'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
    expect(policy.code).toBe(20)
    expect(policy.output).toContain('--check: "strict" is not a policy; use warn, refuse, off')
  })

  test('a table that somebody has locked stops neither plan nor check: its size is that of the last ANALYZE', async () => {
    const { url, connect } = (await withLargeOrders()) as Awaited<ReturnType<typeof freshDatabase>>
    const holder = await connect()
    await holder.query('begin; lock table orders')
    const { code, output } = await lotse(['check', '--migrations', migrationsFolder(slow)], { DATABASE_URL: url })
    expect(code).toBe(0)
    expect(output).toMatch(/Table orders \(\d+ MB/)
  })
})

/** The files that a safe form asks for. */
function filesOf(safe: string): string[] {
  return safe.split(/^-- in a later file.*\n/m)
}

describe('a safe form, written as it is shown', () => {
  test('changes a type without a rewrite, and builds the index that blocked everybody without blocking anybody', async () => {
    const { url, query } = await withLargeOrders()
    const change = 'alter table orders alter column total type numeric;\ncreate index orders_total on orders (total);'
    const applied = { '001_orders.sql': slow['001_orders.sql'] }
    const env = { DATABASE_URL: url, LOTSE_CHECK: 'refuse' }
    const first = migrationsFolder({ ...applied, '002_total.sql': change })
    const refused = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: first })
    expect(refused.code, refused.output).toBe(23)
    const json = await lotse(['check', '--json'], { ...env, LOTSE_MIGRATIONS: first })
    const { findings }: { findings: { rule: string; safe: string }[] } = JSON.parse(json.output)
    expect(findings.map(({ rule }) => rule)).toEqual(['column-type-rewrites', 'index-blocks-writes', 'work-under-lock'])
    const [type = '', index = ''] = findings.map(({ safe }) => safe)
    const [expand = '', fill = ''] = filesOf(type)
    expect(refused.terminationMessage).toContain(expand.split('\n')[0])
    const file = `select pg_relation_filenode('orders') as file`
    const before = await query(file)
    const safe = {
      ...applied,
      '002_expand.sql': expand,
      '003_fill.sql': fill,
      '004_index.sql': index.replaceAll('(total)', '(total_new)'),
    }
    const run = await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(safe) })
    expect(run.code, run.output).toBe(0)
    expect(await query(file)).toEqual(before)
    expect(await query('select count(*)::int as rows from orders where total_new is distinct from total')).toEqual([
      { rows: 0 },
    ])
    await query('insert into orders values (0, 7)')
    expect(await query('select total_new from orders where id = 0')).toEqual([{ total_new: '7' }])
    expect(await query(`select indisvalid as valid from pg_index where indexrelid = 'orders_total'::regclass`)).toEqual(
      [{ valid: true }],
    )
  })
})

describe('lotse check', () => {
  test('tells of a transaction that a harmless statement would wait for', async () => {
    const { url, connect } = await freshDatabase()
    const report = await connect()
    await report.query(`create table settings (id int); set application_name = 'nightly report'`)
    await report.query('begin')
    await report.query('select from settings')
    const folder = migrationsFolder({ '001.sql': 'alter table settings add column note text;' })
    const look = async (): Promise<string> =>
      (await lotse(['check', '--migrations', folder], { DATABASE_URL: url })).output
    expect(await look()).toContain('no findings')
    await expect.poll(look, { timeout: 30_000, interval: 500 }).toContain('table-in-use (warning)')
    expect(await look()).toMatch(
      /process \d+ \(nightly report\) has had a transaction open on settings for [\d.]+ s: this statement waits for it/,
    )
  })

  test('judges what is pending, fails only when asked to, and names what it cannot find', async () => {
    const { url } = await withLargeOrders()
    const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(slow) }
    const plain = await lotse(['check'], env)
    expect(plain.code).toBe(0)
    expect(plain.output).toMatch(/Judged 1 migration: 1 error\.\n$/)
    expect((await lotse(['check', '--fail-on', 'error'], env)).code).toBe(23)
    expect((await lotse(['check', '--fail-on', 'warning', '--since', '002_total'], env)).code).toBe(0)
    const wrong = await lotse(['check', '--since', '009'], env)
    expect(wrong.code).toBe(20)
    expect(wrong.output).toContain('--since: there is no migration 009 in the folder')
  })

  test('without a database it needs none, and says which migrations it has to be told', async () => {
    const env = { LOTSE_MIGRATIONS: migrationsFolder(slow) }
    const run = await lotse(['check', '--no-database', '--since', '001_orders', '--fail-on', 'error'], env)
    expect(run.code, run.output).toBe(23)
    expect(run.output).toContain('how long depends on its size, which no database told')
    const all = await lotse(['check', '--no-database'], env)
    expect(all.code).toBe(20)
    expect(all.output).toContain('add --since NAME for the migrations after one, or --all')
  })
})

test('a thousand statements take little memory, and the answer comes whole through a pipe', async () => {
  const statement = (number: number): string =>
    `alter table t_${number} add column note text;\ncreate index t_${number}_note on t_${number} (note);`
  const files = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`${String(index).padStart(3, '0')}.sql`, statement(index)]),
  )
  const tellPeak = `import { readFileSync } from 'node:fs'; process.on('exit', () => console.error('peak ' + /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]))`
  const { output } = await lotse(['check', '--no-database', '--all', '--migrations', migrationsFolder(files)], {
    NODE_OPTIONS: `--import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(tellPeak)}`)}`,
  })
  expect(output.length).toBeGreaterThan(180_000)
  expect(output).toContain('Judged 500 migrations: 1000 errors.\n')
  expect(Number(/^peak (\d+)$/m.exec(output)?.[1])).toBeLessThan(256 * 1024)
})
