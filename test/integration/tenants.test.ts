import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { migrationsFolder } from '../support/lotse.ts'
import { randomFrom } from '../support/random.ts'
import { contentsOf, migratedAlone, nameOf, startEach, upEach, withTenants } from '../support/tenants.ts'

const files = {
  '001_invoice.sql': `create table invoice (id bigint generated always as identity primary key, total numeric not null);
    insert into invoice (total) values (1);`,
  '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently invoice_total on invoice (total);',
}
const paid = 'alter table invoice add column paid boolean not null default false;'

const lines = (output: string, pattern: RegExp): number =>
  output.split('\n').filter((line) => pattern.test(line)).length

test('a thousand schemas: each is migrated once, like one that is migrated alone; one that is broken is named and stops no other', {
  timeout: 300_000,
}, async () => {
  const database = await withTenants(1_000)
  const { query } = database
  const migrations = migrationsFolder({ '001_invoice.sql': files['001_invoice.sql'] })
  const started = performance.now()
  const first = startEach(database, migrations, '--parallel', '6')
  let most = 0
  const counting = async (): Promise<void> => {
    const client = await database.connect()
    let over = false
    void first.ended.then(() => {
      over = true
    })
    while (!over) {
      const { rows } = await client.query(
        `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'lotse'`,
      )
      most = Math.max(most, rows[0].count)
      await delay(5)
    }
  }
  const [run] = await Promise.all([first.ended, counting()])
  expect(run.code, run.output.slice(-3_000)).toBe(0)
  expect(most).toBeGreaterThan(1)
  // A second one watches where a migration takes longer than a second.
  expect(most).toBeLessThanOrEqual(12)
  expect(lines(run.output, /tenant_\d+: applied 001_invoice in/)).toBe(1_000)
  expect(run.output).toMatch(/Applied 001_invoice to 1,000 tenants in .*; all 1,000 tenants have the schema/)

  const nothing = await upEach(database, migrations)
  expect(nothing.code).toBe(0)
  // Not a line for each; one every ten seconds, as long as it takes.
  const short = nothing.output
    .trim()
    .split('\n')
    .filter((line) => !line.includes('of 1,000 tenants done'))
  expect(short.length, nothing.output).toBeLessThanOrEqual(5)
  expect(nothing.output).toContain('UpToDate: all 1,000 tenants have the schema that this version needs')

  // Somebody has changed one by hand.
  await query(`alter table ${nameOf(417)}.invoice add column paid text`)
  writeFileSync(join(migrations, '002_paid.sql'), paid)
  const broken = await upEach(database, migrations, '--parallel', '6')
  expect(broken.code).toBe(24)
  for (const text of [broken.output, broken.terminationMessage]) {
    expect(text).toContain('MigrationFailed: 1 of 1,000 tenants failed')
    expect(text).toContain(
      'tenant_0417: MigrationFailed: 002_paid.sql, line 1, column 1: column "paid" of relation "invoice" already exists',
    )
    expect(text).toContain('999 tenants are done, and stay so.')
  }
  const recorded = await query('select tenant, reason, error from lotse_history_tenants')
  expect(recorded).toEqual([
    { tenant: nameOf(417), reason: 'MigrationFailed', error: expect.stringContaining('already exists') },
  ])

  await query(`alter table ${nameOf(417)}.invoice drop column paid`)
  const mended = await upEach(database, migrations)
  expect(mended.code, mended.output).toBe(0)
  expect(lines(mended.output, /tenant_\d+: applied/)).toBe(1)
  expect(mended.output).toContain('1,000 tenants, 999 up to date, 1 to migrate: tenant_0417')
  expect(await query('select from lotse_history_tenants')).toEqual([])
  expect(await query(`select count(*)::int as tables from pg_class where relname = 'invoice'`)).toEqual([
    { tables: 1_000 },
  ])
  const all = await Promise.all([0, 1, 500, 999].map((n) => contentsOf(database, nameOf(n))))
  const alone = await migratedAlone(migrations)
  for (const each of all) expect(each).toEqual(alone)
  console.log(
    `PostgreSQL ${inject('postgresMajor')}: 1,000 tenants in ${Math.round(performance.now() - started)} ms, ${most} connections at most`,
  )
})

/** Each migration leaves a mark in its tenant; one that is there twice was applied twice. */
const marking = {
  '001_marks.sql': 'create table marks (name text not null); insert into marks values (1);',
  '002_steps.sql': `-- lotse: no-transaction
    insert into marks values (2);
    create index concurrently marks_name on marks (name);
    insert into marks values (3);`,
  '003_wait.sql': 'insert into marks select 4 from pg_sleep(0.02);',
  '004_script.ts': `export const up = async ({ context }: { context: { query: (sql: string) => Promise<unknown> } }) => {
    await context.query('alter table marks add column more int')
    await context.query('insert into marks values (5)')
  }`,
}
const marksOf = (tenant: string): string => `select string_agg(name, ',' order by name) as marks from ${tenant}.marks`

test('two runs at once share the tenants, and each migration runs once', async () => {
  const database = await withTenants(60)
  const migrations = migrationsFolder(marking)
  const runs = await Promise.all([1, 2].map(() => upEach(database, migrations)))
  for (const { code, output } of runs) expect(code, output).toBe(0)
  const migrated = runs.map(({ output }) => lines(output, /tenant_\d+: applied/))
  expect(migrated.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(60)
  for (const each of migrated) expect(each, 'both have work').toBeGreaterThan(0)
  for (let n = 0; n < 60; n++) expect(await database.query(marksOf(nameOf(n)))).toEqual([{ marks: '1,2,3,4,5' }])
})

const killed = 100
const lanes = 4
/** After so many runs that were ended, one may end by itself. */
const most = 8
const seed = Number(process.env.LOTSE_TEST_SEED ?? Math.floor(Math.random() * 1e9))

test(`${killed} runs through tenants that are ended at random moments leave what the next run continues from (seed ${seed})`, {
  timeout: 300_000,
}, async () => {
  const random = randomFrom(seed)
  const migrations = migrationsFolder(marking)
  const amount = 12
  const alone = await migratedAlone(migrations)
  const typical = async (): Promise<number> => {
    const started = performance.now()
    expect((await upEach(await withTenants(amount), migrations)).code).toBe(0)
    return performance.now() - started
  }
  const [took = 0] = await Promise.all(Array.from({ length: lanes }, typical))
  let [count, stories] = [0, 0]
  const story = async (): Promise<void> => {
    const database = await withTenants(amount)
    stories++
    for (let runs = 0; ; runs++) {
      const run = startEach(database, migrations)
      const ended = await Promise.race([delay(random() * took).then(() => undefined), run.ended])
      if (!ended && runs < most) run.kill(random() < 0.7 ? 'SIGKILL' : 'SIGTERM')
      const { code, output } = await run.ended
      expect([0, 143, null], `seed ${seed}\n${output}`).toContain(code)
      if (code === 0) break
      count++
    }
    const last = await upEach(database, migrations)
    expect(last.output, `seed ${seed}`).toContain(`UpToDate: all ${amount} tenants`)
    for (let n = 0; n < amount; n++) {
      expect(await database.query(marksOf(nameOf(n))), `seed ${seed}`).toEqual([{ marks: '1,2,3,4,5' }])
      expect(await contentsOf(database, nameOf(n)), `seed ${seed}`).toEqual(alone)
    }
  }
  const lane = async (): Promise<void> => {
    while (count < killed) await story()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  console.log(
    `PostgreSQL ${inject('postgresMajor')}: ${count} runs killed in ${stories} stories; LOTSE_TEST_SEED=${seed}`,
  )
})
