import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { type KubeApi, startKubeApi } from '../support/kube-api.ts'
import { createDeployment } from '../support/kube-deployment.ts'
import { createJob, freshNamespace, type TestJob } from '../support/kube-job.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'

let api: KubeApi
const one = { '001_a.sql': 'create table a (id int);' }
const two = { ...one, '002_b.sql': 'create table b (id int);' }

beforeAll(async () => {
  api = await startKubeApi()
}, 900_000)
afterAll(() => api.stop())

/** All that the chart allows the migrator. */
const rules = [{ apiGroups: [''], resources: ['events'], verbs: ['create'] }]

type Seen = { readonly type: string; readonly reason: string; readonly message: string }

/** What `kubectl describe job` shows. */
async function eventsOf({ namespace, uid }: TestJob): Promise<Seen[]> {
  const selector = encodeURIComponent(`involvedObject.kind=Job,involvedObject.uid=${uid}`)
  const { items } = await api.send('GET', `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`)
  return (items as (Seen & { firstTimestamp: string; metadata: { resourceVersion: string } })[])
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ type, reason, message }) => ({ type, reason, message }))
}

async function migrator(allowed: readonly object[] = rules): Promise<{ job: TestJob; env: Record<string, string> }> {
  const namespace = await freshNamespace(api)
  const job = await createJob(api, namespace, 'shop-migrator')
  const KUBECONFIG = await api.userWith(namespace, allowed)
  const where = {
    LOTSE_JOB: job.name,
    LOTSE_JOB_UID: job.uid,
    LOTSE_NAMESPACE: namespace,
    LOTSE_POD: 'shop-migrator-x',
  }
  return { job, env: { KUBECONFIG, LOTSE_EVENTS: 'true', ...where } }
}

test('a run tells its Job what it will do, and that it is done', async () => {
  const { url } = await freshDatabase()
  const { job, env } = await migrator()
  const run = await lotse(['up'], { ...env, DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(two) })
  expect(run.code, run.output).toBe(0)
  expect(await eventsOf(job)).toEqual([
    { type: 'Normal', reason: 'Pending', message: '2 migrations to apply, 0 applied before: 001_a, 002_b' },
    {
      type: 'Normal',
      reason: 'Applied',
      message: expect.stringMatching(/^Applied 2 migrations in [\d.]+ m?s; the schema is what this version needs$/),
    },
  ])
  await lotse(['up'], { ...env, DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(two) })
  expect((await eventsOf(job)).slice(2)).toEqual([
    { type: 'Normal', reason: 'UpToDate', message: expect.stringMatching(/^the schema is what this version needs/) },
  ])
})

test('a finisher tells its Job what it waits for, each thing once; one with nothing to do asks Kubernetes nothing', async () => {
  const { url, query } = await freshDatabase()
  const deployments = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }
  const { job, env } = await migrator([
    ...rules,
    deployments,
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  ])
  const rest = { ...env, DATABASE_URL: url, LOTSE_ROLLOUT: 'web', LOTSE_ROLLOUT_VERSION: 'v2' }
  const posted = async (): Promise<string[]> => (await eventsOf(job)).map(({ reason }) => reason)
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  await query('insert into a values (1); create table switch (held boolean); insert into switch values (true)')
  await query('alter table a add primary key (id)')
  const nothing = await lotse(['finish'], { ...rest, KUBECONFIG: '/nowhere', LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect([nothing.code, nothing.output]).toEqual([0, expect.not.stringContaining('Could not post')])
  const fill = `-- lotse: backfill a(id)\n-- lotse: pause-when (select held from switch)\nupdate a set id = id where id between $1 and $2`
  const web = await createDeployment(api, job.namespace, 'web', 'v2')
  const run = start(['finish'], { ...rest, LOTSE_MIGRATIONS: migrationsFolder({ ...one, '002_fill.sql': fill }) })
  await run.says(/Deployment web: 0 of 2 pods are new/)
  await web.available(1)
  await web.addPod('template-1')
  await web.complete(1)
  await run.says(/002_fill holding: pause-when/)
  await lotse(['backfill', 'pause', '002_fill'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  await run.says(/002_fill holding: paused by lotse backfill pause/)
  await lotse(['backfill', 'resume', '002_fill'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  await run.says(/002_fill holding: paused[\s\S]*002_fill holding: pause-when/)
  await query('update switch set held = false')
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await posted()).toEqual([
    'Pending',
    'RolloutWaiting',
    'RolloutProven',
    'BackfillStarted',
    'BackfillHolding',
    'BackfillHolding',
    'Applied',
  ])
  expect((await eventsOf(job))[1]?.message).toMatch(
    /^Waiting for the rollout of version v2 .*\n {2}Deployment web: 0 of 2/,
  )
})

test('a failure is a Warning with file, line, column, SQLSTATE and remedy', async () => {
  const { url } = await freshDatabase()
  const { job, env } = await migrator()
  const folder = migrationsFolder({ ...one, '002_bad.sql': 'create table b (id int);\nselect prize from a;' })
  const run = await lotse(['up'], { ...env, DATABASE_URL: url, LOTSE_MIGRATIONS: folder })
  expect(run.code).toBe(24)
  const [, warning] = await eventsOf(job)
  expect(warning).toMatchObject({ type: 'Warning', reason: 'MigrationFailed' })
  expect(warning?.message).toMatch(
    /^002_bad.sql, line 2, column 8: column "prize" does not exist \(SQLSTATE 42703\)\n[\s\S]*Next: correct 002_bad.sql, .*\(exit code 24\)$/,
  )
})

test('a long message is cut to what an Event holds, and keeps what to do', async () => {
  const { job, env } = await migrator()
  const strangers = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`Straße ${n}.txt`, 'x']))
  const folder = migrationsFolder({ ...one, ...strangers })
  const run = await lotse(['up'], {
    ...env,
    DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop',
    LOTSE_MIGRATIONS: folder,
  })
  expect(run.code).toBe(20)
  const [warning] = await eventsOf(job)
  expect(Buffer.byteLength(warning?.message ?? '')).toBeLessThanOrEqual(1_024)
  expect(Buffer.byteLength(warning?.message ?? '')).toBeGreaterThan(800)
  expect(warning?.message).toMatch(
    /^the migrations folder .* has 100 problems\n[\s\S]*\n\[…\]\n[\s\S]*\(exit code 20\)$/,
  )
})

test('what went wrong before the run is told too: a configuration that cannot be read, a signal', async () => {
  const { job, env } = await migrator()
  const url = `postgresql://shop:hunter2@127.0.0.1:${await freePort()}/shop`
  await lotse(['up'], { ...env, DATABASE_URL: url, LOTSE_LOCK_WAIT: '5', LOTSE_MIGRATIONS: migrationsFolder(one) })
  const run = start(['up'], { ...env, DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  await run.says(/Waiting for database/)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
  const seen = await eventsOf(job)
  expect(seen.map(({ reason }) => reason)).toEqual(['ConfigInvalid', 'Interrupted'])
  expect(JSON.stringify(seen)).not.toContain('hunter2')
})

test('a guard tells what it gave up for, once', async () => {
  const { job, env } = await migrator()
  const url = `postgresql://shop@127.0.0.1:${await freePort()}/shop`
  const [state, port] = [temporaryFolder(), String(await freePort())]
  const guard = start(['guard', '--state', state, '--port', port, '--connect-timeout', '500ms'], {
    ...env,
    DATABASE_URL: url,
  })
  await expect.poll(async () => (await eventsOf(job)).length, { timeout: 10_000 }).toBe(1)
  expect((await lotse(['guard', '--verdict', state], env)).code).toBe(21)
  guard.kill('SIGTERM')
  await guard.ended
  expect(await eventsOf(job)).toMatchObject([{ type: 'Warning', reason: 'DatabaseUnreachable' }])
})

test('without permission the outcome is the same, and one line says what is missing', async () => {
  const { url } = await freshDatabase()
  const { job, env } = await migrator([])
  const run = await lotse(['up'], { ...env, DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) })
  expect(run.code, run.output).toBe(0)
  expect(run.terminationMessage).toMatch(/^Applied 1 migration/)
  expect(run.output.match(/Could not post a Kubernetes Event.*/g)).toEqual([
    expect.stringMatching(
      /^Could not post a Kubernetes Event \(the migration is unaffected\): events is forbidden: User "\w+" cannot create resource "events" .*; let the migrator's ServiceAccount create events in its namespace$/,
    ),
  ])
  expect(await eventsOf(job)).toEqual([])
})

test('an API server that does not answer costs 5 s at the end, and a missing one nothing', async () => {
  const { url } = await freshDatabase()
  const { env } = await migrator()
  const rest = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) }
  api.pause()
  const began = performance.now()
  const paused = await lotse(['up'], { ...env, ...rest })
  const took = performance.now() - began
  api.resume()
  expect(paused.code, paused.output).toBe(0)
  expect(took).toBeLessThan(9_000)
  expect(paused.output.match(/Could not post a Kubernetes Event/g)).toHaveLength(1)
  const nowhere = await lotse(['up'], { ...env, ...rest, KUBECONFIG: '/nowhere' })
  expect(nowhere.code).toBe(0)
  expect(nowhere.output).toContain('the kubeconfig cannot be read: ENOENT')
})

test('a gate and a look post nothing; events without their Job are refused', async () => {
  const { url } = await freshDatabase()
  const { job, env } = await migrator()
  const rest = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) }
  await lotse(['status'], { ...env, ...rest })
  await lotse(['wait', '--no-database', '--absent-after', '0s', '--run', 'other'], { ...env, ...rest })
  await lotse(['wait', '--no-database', '--job', 'Bad/Name'], { ...env, ...rest })
  expect(await eventsOf(job)).toEqual([])
  const refused = await lotse(['up', '--events'], rest)
  expect(refused.code).toBe(20)
  for (const name of [
    'LOTSE_JOB: --events needs the name',
    'LOTSE_JOB_UID: --events needs',
    'LOTSE_NAMESPACE: --events needs',
  ])
    expect(refused.terminationMessage).toContain(name)
})

test('client-node is read by who asks Kubernetes something, and by nobody else', async () => {
  const { url } = await freshDatabase()
  const { env } = await migrator()
  const rest = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(one) }
  const reads = async (args: readonly string[], more: Record<string, string> = {}): Promise<boolean> => {
    const NODE_V8_COVERAGE = temporaryFolder()
    await lotse(args, { ...rest, ...more, NODE_V8_COVERAGE })
    const [report = ''] = readdirSync(NODE_V8_COVERAGE)
    const scripts = readFileSync(join(NODE_V8_COVERAGE, report), 'utf8')
    expect(scripts).toContain('/dist/lotse.js"')
    return scripts.includes('/dist/kubernetes.js"')
  }
  expect(await reads(['up'])).toBe(false)
  expect(await reads(['status'], env)).toBe(false)
  expect(await reads(['wait'], env)).toBe(false)
  expect(await reads(['up'], env)).toBe(true)
  expect(await reads(['wait', '--no-database', '--absent-after', '0s', '--run', 'other'], env)).toBe(true)
})
