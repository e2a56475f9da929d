import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'

const folder = () => migrationsFolder({ '001_a.sql': 'create table a (id int);' })
const release = { LOTSE_RELEASE: 'market/shop' }
const url = { what: 'DATABASE_URL', kind: 'Secret', name: 'typo', key: 'url' }
const sources = (...list: object[]) => ({ LOTSE_SOURCES: JSON.stringify(list) })
const sentence =
  'DATABASE_URL is to come from the key `url` of Secret market/typo, which does not exist (or lacks that key)'

test('a Secret that does not exist is named at once, and what else sets the variable does not stand in for it', async () => {
  const { url: other, query } = await freshDatabase()
  const at = join(temporaryFolder(), 'DATABASE_URL')
  for (const env of [{}, { DATABASE_URL: other }]) {
    const run = await lotse(['up', '--migrations', folder()], { ...release, ...env, ...sources({ ...url, at }) })
    expect(run.code).toBe(20)
    expect(run.terminationMessage).toBe(
      `ConfigInvalid: ${sentence}\nNothing was done; the database was not touched.\nNext: create what is missing, or correct its name or key in the values (kubectl -n market get secrets,configmaps lists what there is), then run the same helm upgrade again. (exit code 20)`,
    )
  }
  expect(await query(`select to_regclass('a') as made`)).toEqual([{ made: null }])
})

test('everything that is missing is named in one message: variables, files, folders', async () => {
  const empty = temporaryFolder()
  mkdirSync(join(empty, '..2026'), { recursive: true })
  const run = await lotse(['wait', '--migrations', folder()], {
    ...release,
    ...sources(
      url,
      { what: '/etc/ca/ca.crt', kind: 'ConfigMap', name: 'ca', key: 'ca.crt', at: join(empty, 'ca.crt') },
      { what: 'config.envFrom', kind: 'Secret', name: 'keys', at: empty },
      { what: 'HOME', kind: 'Secret', name: 'there', key: 'home', at: empty },
    ),
  })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain('ConfigInvalid: 3 things that this container needs are missing\n')
  expect(run.terminationMessage).toContain(`  - ${sentence}\n`)
  expect(run.terminationMessage).toContain(
    '  - /etc/ca/ca.crt is to come from the key `ca.crt` of ConfigMap market/ca, which does not exist (or lacks that key)\n',
  )
  expect(run.terminationMessage).toContain(
    '  - config.envFrom is to come from Secret market/keys, which does not exist (or is empty)\n',
  )
})

test('one that is made while the migrator waits is waited for, with a line that says so', async () => {
  const { url: value, query } = await freshDatabase()
  const at = join(temporaryFolder(), 'DATABASE_URL')
  const env = { ...release, ...sources({ ...url, at }), LOTSE_SOURCES_WAIT: '1m' }
  const run = start(['up', '--migrations', folder()], env)
  await run.says(/Waiting for what this container needs .* of 1 min\):\n {2}DATABASE_URL is to come from/)
  writeFileSync(at, value)
  expect((await run.ended).code, run.output()).toBe(0)
  expect(await query(`select to_regclass('a') is not null as made`)).toEqual([{ made: true }])
})

test('that wait is part of the run, and ends before it', async () => {
  const env = { ...release, ...sources(url), LOTSE_SOURCES_WAIT: '1m', LOTSE_TIMEOUT: '3s' }
  const run = await lotse(['up', '--migrations', folder()], env)
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(`ConfigInvalid: ${sentence}\nWaited for 2 s.\n`)
  const at = join(temporaryFolder(), 'DATABASE_URL')
  const late = start(['up', '--migrations', folder()], {
    ...{ ...env, ...sources({ ...url, at }), LOTSE_TIMEOUT: '5s', LOTSE_CONNECT_TIMEOUT: '1m' },
  })
  await late.says(/Waiting for what/)
  await new Promise((next) => setTimeout(next, 2_000))
  writeFileSync(at, `postgresql://shop@127.0.0.1:${await freePort()}/shop`)
  const { output } = await late.ended
  // Of five seconds at least two are gone, and the wait for the database ends before the run.
  expect(output).toMatch(/Waiting for database .* of (1(\.\d)? s|2 s|\d{3} ms)/)
})

test('a signal ends that wait', async () => {
  const run = start(['up', '--migrations', folder()], { ...release, ...sources(url), LOTSE_SOURCES_WAIT: '1m' })
  await run.says(/Waiting for what this container needs/)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
})

test('beside a foreign migrator the verdict says it', async () => {
  const state = temporaryFolder()
  const args = ['guard', '--state', state, '--port', String(await freePort())]
  const guard = start(args, { ...release, ...sources(url) })
  await guard.says(/ConfigInvalid/)
  const verdict = await lotse(['guard', '--verdict', state], release)
  expect(verdict.code).toBe(20)
  expect(verdict.terminationMessage).toContain(`ConfigInvalid: ${sentence}\n`)
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(20)
})

test('a list that is none is named', async () => {
  for (const list of ['DATABASE_URL', '{}', '[{"what": 1}]', '[null]']) {
    const run = await lotse(['up'], { LOTSE_SOURCES: list })
    expect(run.code).toBe(20)
    expect(run.terminationMessage).toContain('the configuration is wrong: LOTSE_SOURCES: is not a list of sources')
  }
})

test('guard --try shows that the lock can be had, and gives it back', async () => {
  const { url: DATABASE_URL } = await freshDatabase()
  const run = await lotse(['guard', '--try'], { DATABASE_URL })
  expect(run.code, run.output).toBe(0)
  expect(run.terminationMessage).toMatch(/^UpToDate: the database answers, and the run lock is free/)
  const held = start(['guard'], { DATABASE_URL })
  await held.says(/Took the run lock/)
  const refused = await lotse(['guard', '--try', '--lock-wait', '300ms'], { DATABASE_URL })
  expect(refused.code).toBe(22)
  held.kill('SIGTERM')
  await held.ended
  const without = await lotse(['guard', '--try', '--', 'true'], { DATABASE_URL })
  expect(without.terminationMessage).toContain('--try: goes with neither --ready-file nor a command')
})
