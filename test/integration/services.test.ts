import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'

/** Accepts connections on a port from now on, and says nothing. */
function listen(port: number): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).end())
  onTestFinished(() => void server.close())
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}

const folder = () => migrationsFolder({ '001_a.sql': 'create table a ()' })

test('up does not look at the database before each service has answered', async () => {
  const { url, query } = await freshDatabase()
  const ports = [await freePort(), await freePort()]
  const waitFor = ports.map((port) => `127.0.0.1:${port}`)
  await listen(ports[0] ?? 0)
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_WAIT_FOR: waitFor.join(', ') }
  const run = start(['up'], env)
  await run.says(new RegExp(`Waiting for ${waitFor[1]}: connect ECONNREFUSED`))
  await run.says(new RegExp(`${waitFor[0]} answers`))
  expect(run.output()).not.toContain('Connected to database')
  expect(await query(`select from pg_tables where tablename = 'a'`)).toHaveLength(0)
  await listen(ports[1] ?? 0)
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(output).toMatch(new RegExp(`${waitFor[1]} answers[\\s\\S]+Connected to database[\\s\\S]+Applied 1 migration`))
})

test('a service that never answers ends it with 25, and the message names it', async () => {
  const { url } = await freshDatabase()
  const [there, gone] = [await freePort(), await freePort()]
  await listen(there)
  const waitFor = `127.0.0.1:${there},127.0.0.1:${gone},no-such-name.invalid:6379`
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_CONNECT_TIMEOUT: '1s' }
  const { code, terminationMessage } = await lotse(['up', '--wait-for', waitFor], env)
  expect(code).toBe(25)
  expect(terminationMessage).toMatch(
    new RegExp(
      `^WaitTimeout: 2 services did not answer within 1 s\\n {2}- 127.0.0.1:${gone}: connect ECONNREFUSED .*\\n {2}- no-such-name.invalid:6379: .*\\nThe database was not touched.\\nNext: .*LOTSE_WAIT_FOR.*\\(exit code 25\\)$`,
    ),
  )
})

test('wait needs no database to wait for services alone', async () => {
  const [there, gone] = [await freePort(), await freePort()]
  await listen(there)
  const reached = await lotse(['wait', '--no-database', '--wait-for', `127.0.0.1:${there}`], {})
  expect(reached.code, reached.output).toBe(0)
  expect(reached.output).toContain('UpToDate: every service answers')
  const env = { LOTSE_CONNECT_TIMEOUT: '1s' }
  const { code, output } = await lotse(
    ['wait', '--no-database', '--wait-for', `127.0.0.1:${there},127.0.0.1:${gone}`],
    env,
  )
  expect(code, output).toBe(25)
  expect(output).toContain(`WaitTimeout: a service did not answer within 1 s`)
  expect(output).toContain(`127.0.0.1:${gone}: connect ECONNREFUSED`)
})

test('wait looks at the schema after the services', async () => {
  const { url } = await freshDatabase()
  const port = await freePort()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_WAIT_FOR: `127.0.0.1:${port}` }
  const run = start(['wait', '--timeout', '3s'], env)
  await run.says(new RegExp(`Waiting for 127.0.0.1:${port}`))
  await listen(port)
  const { code, output } = await run.ended
  expect(code, output).toBe(25)
  expect(output).toMatch(/answers[\s\S]+still lacks 1 migration/)
})

test('a guard does not take the run lock before, and its verdict says what did not answer', async () => {
  const { url, query } = await freshDatabase()
  const state = temporaryFolder()
  const env = { DATABASE_URL: url, LOTSE_WAIT_FOR: `127.0.0.1:${await freePort()}`, LOTSE_CONNECT_TIMEOUT: '1s' }
  const guard = start(['guard', '--state', state, '--port', String(await freePort())], env)
  await guard.says(/WaitTimeout/)
  const held = `select from pg_locks join pg_database on oid = database and datname = current_database() where locktype = 'advisory'`
  expect(await query(held)).toHaveLength(0)
  expect((await lotse(['guard', '--verdict', state])).code).toBe(25)
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(25)
})

test('SIGTERM ends the waiting', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_WAIT_FOR: `127.0.0.1:${await freePort()}` }
  const run = start(['up'], env)
  await run.says(/Waiting for 127/)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
})

test.each(['redis', 'redis:', ':6379', 'redis:0', 'redis:65536', 'tcp://redis:6379'])(
  '"%s" is not a service',
  async (text) => {
    const { code, output } = await lotse(['up', '--wait-for', text], { DATABASE_URL: 'postgresql://a@127.0.0.1/a' })
    expect(code).toBe(20)
    expect(output).toContain(`--wait-for: "${text}" is not a service; write HOST:PORT, for example redis:6379`)
  },
)
