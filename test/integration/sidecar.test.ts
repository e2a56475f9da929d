import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, type Started, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'
import { startProxy } from '../support/proxy.ts'

type Guard = Started & { readonly state: string; readonly probe: (path: string) => Promise<number> }

/** A guard as the chart starts it beside a foreign migrator. */
async function startGuard(env: Record<string, string>, state = temporaryFolder()): Promise<Guard> {
  const port = await freePort()
  const guard = start(['guard', '--state', state, '--port', String(port)], env)
  const probe = (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => 0,
    )
  return { ...guard, state, probe }
}

const decided = ({ probe }: Guard) => expect.poll(() => probe('/decided'), { timeout: 15_000 }).toBe(200)
const verdict = ({ state }: Guard) => lotse(['guard', '--verdict', state])
const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'lotse%'`

test('the lock is held until SIGTERM, the probes say so, and the verdict lets the migrator start', async () => {
  const { url } = await freshDatabase()
  const guard = await startGuard({ DATABASE_URL: url })
  await decided(guard)
  expect(await guard.probe('/held')).toBe(200)
  expect(await guard.probe('/other')).toBe(404)
  expect(await verdict(guard)).toMatchObject({ code: 0, output: '' })
  const other = await startGuard({ DATABASE_URL: url, LOTSE_LOCK_WAIT: '300ms' })
  await decided(other)
  expect(await other.probe('/held')).toBe(503)
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(0)
  other.kill('SIGTERM')
  expect((await other.ended).code).toBe(22)
  const next = await startGuard({ DATABASE_URL: url })
  await decided(next)
  expect(await next.probe('/held')).toBe(200)
  next.kill('SIGTERM')
  await next.ended
})

test('while it waits it has not decided; on SIGTERM it ends as interrupted and leaves no verdict', async () => {
  const guard = await startGuard({ DATABASE_URL: `postgresql://shop@127.0.0.1:${await freePort()}/shop` })
  await guard.says(/Waiting for database/)
  expect([await guard.probe('/decided'), await guard.probe('/held')]).toEqual([503, 503])
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(143)
  expect(readdirSync(guard.state)).toEqual([])
})

test('a guard that gives up stays, and the verdict has its failure, its message and its exit code', async () => {
  const { url } = await freshDatabase()
  const first = await startGuard({ DATABASE_URL: url })
  await decided(first)
  const guard = await startGuard({ DATABASE_URL: url, LOTSE_LOCK_WAIT: '300ms' })
  await decided(guard)
  expect(await guard.probe('/held')).toBe(503)
  const run = await verdict(guard)
  expect(run.code).toBe(22)
  expect(run.terminationMessage).toMatch(
    /^LockTimeout: another migrator still held the run lock after 300 ms\n {2}Held by pid/,
  )
  expect(run.terminationMessage).toMatch(/Next: wait for it and run this again; .*\(exit code 22\)$/)
  // It does not end by itself: the kubelet would start it again.
  expect(await Promise.race([guard.ended, new Promise((next) => setTimeout(next, 1_500, 'stays'))])).toBe('stays')
  guard.kill('SIGTERM')
  const { code, terminationMessage } = await guard.ended
  expect(code).toBe(22)
  expect(terminationMessage).toBe(run.terminationMessage)
  first.kill('SIGTERM')
  await first.ended
})

test.each([
  [{ LOTSE_CONNECT_TIMEOUT: '1s' }, 21, 'DatabaseUnreachable: database shop at 127.0.0.1'],
  [{ LOTSE_LOCK_WAIT: '5' }, 20, 'ConfigInvalid: the configuration is wrong: LOTSE_LOCK_WAIT: "5" is not a duration'],
])('what keeps it from beginning is the verdict too: %o', async (env, code, message) => {
  const url = `postgresql://shop:hunter2@127.0.0.1:${await freePort()}/shop`
  const guard = await startGuard({ DATABASE_URL: url, ...env })
  await decided(guard)
  expect(await guard.probe('/held')).toBe(503)
  const run = await verdict(guard)
  expect(run.code).toBe(code)
  expect(run.terminationMessage).toContain(message)
  expect(run.output + guard.output()).not.toContain('hunter2')
  guard.kill('SIGTERM')
  await guard.ended
})

test('when the lock is lost, /held says so at once and it is never taken again', async () => {
  const { url, query } = await freshDatabase()
  const guard = await startGuard({ DATABASE_URL: url })
  await decided(guard)
  await query(endSessions)
  await expect.poll(() => guard.probe('/held'), { timeout: 5_000 }).toBe(503)
  expect(await guard.probe('/decided')).toBe(200)
  expect((await verdict(guard)).terminationMessage).toContain(
    'DatabaseUnreachable: the run lock was lost while the migrator was running: ',
  )
  const other = await startGuard({ DATABASE_URL: url, LOTSE_LOCK_WAIT: '1s' })
  await decided(other)
  expect(await other.probe('/held')).toBe(200)
  for (const each of [guard, other]) each.kill('SIGTERM')
  expect((await guard.ended).code).toBe(21)
  await other.ended
})

test('a network that delivers nothing any more is a lost lock before the server lets go of it', async () => {
  const { url } = await freshDatabase()
  const network = await startProxy(url)
  const guard = await startGuard({ DATABASE_URL: network.url })
  await decided(guard)
  network.freeze()
  await expect.poll(() => guard.probe('/held'), { timeout: 10_000 }).toBe(503)
  const signalled = performance.now()
  guard.kill('SIGTERM')
  expect((await guard.ended).code).toBe(21)
  expect(performance.now() - signalled).toBeLessThan(3_000)
})

test('a guard that was started again takes no lock', async () => {
  const { url } = await freshDatabase()
  const guard = await startGuard({ DATABASE_URL: url })
  await decided(guard)
  guard.kill('SIGKILL')
  await guard.ended
  const again = await startGuard({ DATABASE_URL: url }, guard.state)
  await decided(again)
  expect(await again.probe('/held')).toBe(503)
  expect(again.output()).not.toContain('Took the run lock')
  expect((await verdict(again)).terminationMessage).toContain(
    'Interrupted: the guard was started again while the migrator was running',
  )
  again.kill('SIGTERM')
  expect((await again.ended).code).toBe(143)
})

test('without a verdict the migrator does not start, and it is said what is missing', async () => {
  const state = temporaryFolder()
  const none = await lotse(['guard', '--verdict', state])
  expect(none.code).toBe(20)
  expect(none.terminationMessage).toContain('verdict.json does not exist: the guard has not decided yet')
  writeFileSync(join(state, 'verdict.json'), '{"kind": "maybe"}')
  const other = await lotse(['guard', '--verdict', state])
  expect(other.code).toBe(20)
  expect(other.terminationMessage).toContain('verdict.json holds no verdict: it says neither')
})

test('a port that is taken and a folder that cannot be written to are named', async () => {
  const { url } = await freshDatabase()
  const guard = await startGuard({ DATABASE_URL: url }, '/nowhere/state')
  await guard.says(/cannot write the verdict to \/nowhere\/state\/verdict.json/)
  await decided(guard)
  expect(await guard.probe('/held')).toBe(503)
  guard.kill('SIGTERM')
  await guard.ended
  const taken = new URL(url).port
  const run = await lotse(['guard', '--state', temporaryFolder(), '--port', taken], { DATABASE_URL: url })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(`--port: cannot listen on port ${taken}: another process uses it`)
})

test.each([
  [['--state', '/tmp'], '--state: needs --port too'],
  [['--port', '5439'], '--port: needs --state too'],
  [['--state', '/tmp', '--port', 'http'], '--port: "http" is not a port'],
  [['--verdict', '/tmp', '--port', '5439'], '--verdict: goes with neither --state nor --port'],
  [['--state', '/tmp', '--port', '5439', '--', 'alembic'], '--state: goes with neither --ready-file nor a command'],
])('%j contradicts itself', async (args, message) => {
  const run = start(['guard', ...args], { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop' })
  await run.says(/ConfigInvalid/)
  expect(run.output()).toContain(message)
  run.kill('SIGTERM')
  await run.ended
})
