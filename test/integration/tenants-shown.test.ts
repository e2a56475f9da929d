import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { environment, nameOf, upEach, withTenants } from '../support/tenants.ts'

const invoice = { '001_invoice.sql': 'create table invoice (id int, note text);' }
const note = 'alter table invoice alter column note set not null;'

test('status, plan and wait tell which tenants are behind, and why one failed', { timeout: 240_000 }, async () => {
  const database = await withTenants(6)
  const migrations = migrationsFolder(invoice)
  const env = environment(database, migrations)
  expect((await lotse(['status'], env)).code).toBe(10)
  expect((await upEach(database, migrations)).code).toBe(0)
  expect((await lotse(['wait', '--timeout', '30s'], env)).code).toBe(0)
  await database.query(`insert into ${nameOf(2)}.invoice values (7, null)`)
  writeFileSync(join(migrations, '002_note.sql'), note)
  expect((await upEach(database, migrations, '--check', 'off')).code).toBe(24)

  const status = await lotse(['status'], env)
  expect(status.code).toBe(10)
  expect(status.output).toMatch(/^002_note +5 +up to date$/m)
  expect(status.output).toMatch(/^001_invoice +1 +behind +tenant_0002 +pending: 002_note$/m)
  expect(status.output).toContain('6 tenants: 5 up to date, 1 behind.')
  expect(status.output).toMatch(
    /tenant_0002 failed at \d{4}-.* UTC: MigrationFailed: 002_note\.sql, line 1.*contains null values/,
  )
  const json = JSON.parse((await lotse(['status', '--json'], env)).output)
  expect(json).toMatchObject({
    state: 'pending',
    total: 6,
    versions: [
      { version: '002_note', amount: 5, state: 'upToDate' },
      { version: '001_invoice', amount: 1, state: 'pending', pending: ['002_note'], tenants: [nameOf(2)] },
    ],
    failed: [{ tenant: nameOf(2), reason: 'MigrationFailed' }],
  })

  const plan = await lotse(['plan'], env)
  expect(plan.code).toBe(0)
  expect(plan.output).toContain(
    '5 tenants (tenant_0000, tenant_0001, tenant_0003, tenant_0004, tenant_0005):\n  Nothing to do.',
  )
  expect(plan.output).toMatch(/1 tenant \(tenant_0002\):\n {2}lotse up would apply/)
  // The check finds the row in the schema of the tenant.
  expect(plan.output).toContain('Will fail (23502)')
  expect((await lotse(['plan', '--check', 'refuse'], env)).code).toBe(23)
  expect(JSON.parse((await lotse(['plan', '--json'], env)).output).plans).toHaveLength(2)
  const refused = await lotse(['up', '--check', 'refuse'], env)
  expect(refused.code, refused.output).toBe(23)
  expect(refused.output).toContain('tenant_0002: Check: 1 error')

  const waiting = start(['wait', '--timeout', '40s'], env)
  await waiting.says(/Waiting for the schemas of .*: 1 of 6 tenants not ready: tenant_0002/)
  await database.query(`delete from ${nameOf(2)}.invoice`)
  expect((await upEach(database, migrations)).code).toBe(0)
  expect((await waiting.ended).code).toBe(0)
  const behind = migrationsFolder({ ...invoice, '002_note.sql': note, '003_more.sql': 'select 1;' })
  const vain = await lotse(['wait', '--timeout', '3s'], environment(database, behind))
  expect(vain.code, vain.output).toBe(25)
  expect(vain.terminationMessage).toContain('6 of 6 tenants in')
  expect(vain.terminationMessage).toContain('003_more')
  // An older version meets newer tenants: it has nothing to do, and does not wait.
  const older = environment(database, migrationsFolder(invoice))
  expect((await lotse(['status'], older)).code).toBe(11)
  expect((await lotse(['wait', '--timeout', '30s'], older)).code).toBe(0)
  const up = await lotse(['up'], older)
  expect(up.code, up.output).toBe(0)
  expect(up.output).toContain('6 tenants, nothing to apply; 6 are newer than this version')
})

test('a database for each tenant: migrated, failed, shown and waited for', async () => {
  const home = await freshDatabase()
  const prefix = `test_tenant_${randomBytes(4).toString('hex')}_`
  const names = ['a', 'b', 'c'].map((each) => prefix + each)
  for (const name of names) await home.query(`create database ${name}`)
  onTestFinished(async () => {
    for (const name of names) await home.query(`drop database ${name} with (force)`)
  })
  const migrations = migrationsFolder(invoice)
  const env = {
    DATABASE_URL: home.url,
    LOTSE_MIGRATIONS: migrations,
    LOTSE_EACH_DATABASE: `select datname from pg_database where datname like '${prefix}%'`,
  }
  const tenant = async (name: string, sql: string) => {
    const url = Object.assign(new URL(home.url), { pathname: `/${name}` }).href
    const client = await home.connect(url)
    const { rows } = await client.query(sql)
    await client.end()
    return rows
  }
  await tenant(`${prefix}b`, 'create table invoice ()')
  const run = await lotse(['up', '--parallel', '2'], env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain(`${prefix}b: MigrationFailed: 001_invoice.sql`)
  expect(run.terminationMessage).toContain('2 tenants are done')
  expect(await home.query('select tenant from lotse_history_tenants')).toEqual([{ tenant: `${prefix}b` }])
  const status = await lotse(['status'], env)
  expect(status.code, status.output).toBe(10)
  expect(status.output).toContain('3 tenants: 2 up to date, 1 behind.')
  await tenant(`${prefix}b`, 'drop table invoice')
  const next = await lotse(['up'], env)
  expect(next.code, next.output).toBe(0)
  expect(next.output).toContain('Applied 001_invoice to 1 tenant')
  expect((await lotse(['wait', '--timeout', '30s'], env)).code).toBe(0)
  for (const name of names)
    expect(await tenant(name, 'select name from lotse_history')).toEqual([{ name: '001_invoice' }])
  const strange = await lotse(['up'], { ...env, LOTSE_EACH_DATABASE: `select 'nobody'` })
  expect(strange.code).toBe(20)
  expect(strange.terminationMessage).toContain('returns "nobody", but there is no such database')
})
