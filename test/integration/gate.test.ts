import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { type KubeApi, startKubeApi } from '../support/kube-api.ts'
import { createJob, freshNamespace } from '../support/kube-job.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'
import { freePort } from '../support/postgres-server.ts'

let api: KubeApi
let namespace: string
let kubeconfig: string
const folder = () => migrationsFolder({ '001_a.sql': 'create table a (id int);' })

/** Exactly what the chart gives the gate. */
const rules = [
  { apiGroups: ['batch'], resources: ['jobs'], resourceNames: ['shop-migrator'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
]

beforeAll(async () => {
  api = await startKubeApi()
}, 900_000)
afterAll(() => api.stop())

/** A namespace of its own for a test, with a gate's permissions in it. */
async function gate(more: Record<string, string> = {}, allowed = rules): Promise<Record<string, string>> {
  namespace = await freshNamespace(api)
  kubeconfig = await api.userWith(namespace, allowed)
  return {
    KUBECONFIG: kubeconfig,
    LOTSE_NAMESPACE: namespace,
    LOTSE_JOB: 'shop-migrator',
    LOTSE_RUN: 'abc123',
    ...more,
  }
}

const foreign = { LOTSE_DATABASE_CHECK: 'false' }

test('foreign: waits for the Job, needs no database, and lets the pod start when it is complete', async () => {
  const env = await gate(foreign)
  const job = await createJob(api, namespace, 'shop-migrator')
  const run = start(['wait'], env)
  await run.says(/Waiting for Job .*: it is waiting for a pod/)
  await job.complete()
  const { code, output, terminationMessage } = await run.ended
  expect(code, output).toBe(0)
  expect(terminationMessage).toMatch(/^UpToDate: Job test-\w+\/shop-migrator is complete \(/)
})

test('foreign: a failed Job ends the gate at once, with the reason its migrator left and the way to retry', async () => {
  const env = await gate(foreign)
  const job = await createJob(api, namespace, 'shop-migrator')
  await job.addFailedPod('an older failure')
  await new Promise((next) => setTimeout(next, 1_100))
  const pod = await job.addFailedPod('alembic.util.exc.CommandError: no such revision')
  const run = start(['wait'], env)
  await run.says(/Waiting for Job/)
  await job.fail()
  const { code, output, terminationMessage } = await run.ended
  expect(code, output).toBe(24)
  expect(terminationMessage).toContain(
    `MigrationFailed: Job ${namespace}/shop-migrator failed (PodFailurePolicy: Container migrator failed with exit code 24)
  alembic.util.exc.CommandError: no such revision
This pod does not start before the migration has succeeded.
Next: correct what the log says and roll out again; to run it again without a release, start a Job on demand (kubectl create job NAME --from=cronjob/...) and only when that is complete kubectl delete job shop-migrator -n ${namespace},`,
  )
  // No kubelet runs here, so nobody has its log: that is one line, and nothing else changes.
  expect(output).toMatch(new RegExp(`Cannot show the log of container migrator in pod ${pod}: .+`))
})

test('a log that may not be read is one line and changes no exit code', async () => {
  const env = await gate(foreign, rules.slice(0, 1))
  const job = await createJob(api, namespace, 'shop-migrator')
  await job.addFailedPod('unseen')
  await job.fail()
  const { code, output } = await lotse(['wait'], env)
  expect(code).toBe(24)
  expect(output).toMatch(
    /Cannot show the pods of Job shop-migrator: pods is forbidden: User "\w+" cannot list resource "pods"/,
  )
})

test('a failed Job whose pods are gone says so', async () => {
  const env = await gate(foreign)
  await (await createJob(api, namespace, 'shop-migrator')).fail()
  const { code, output } = await lotse(['wait'], env)
  expect(code).toBe(24)
  expect(output).toContain('Cannot show the pods of Job shop-migrator: they are gone, and their logs with them')
})

test('pods of an earlier Job of the same name are not taken for its own', async () => {
  const env = await gate(foreign)
  const earlier = await createJob(api, namespace, 'shop-migrator')
  await earlier.addFailedPod('failed last week')
  await earlier.remove()
  await (await createJob(api, namespace, 'shop-migrator')).fail()
  const { code, output } = await lotse(['wait'], env)
  expect(code).toBe(24)
  expect(output).not.toContain('failed last week')
})

test('foreign: a Job that is missing for long is taken for done', async () => {
  const env = await gate({ ...foreign, LOTSE_ABSENT_AFTER: '2s' })
  const { code, terminationMessage } = await lotse(['wait'], env)
  expect(code).toBe(0)
  expect(terminationMessage).toMatch(
    /^UpToDate: Job \S+ was not found for 2 s, so it is assumed completed and cleaned up/,
  )
})

test("foreign: another version's Job is none, even when it is complete or failed", async () => {
  const env = await gate({ ...foreign, LOTSE_ABSENT_AFTER: '3s' })
  const old = await createJob(api, namespace, 'shop-migrator', 'old000')
  await old.fail()
  const run = start(['wait'], env)
  await run.says(/it is of another version \(lotse\/run is old000, not abc123\)/)
  await old.remove()
  const job = await createJob(api, namespace, 'shop-migrator')
  await run.says(/it is waiting for a pod/)
  await job.complete()
  const { code, terminationMessage } = await run.ended
  expect(code).toBe(0)
  expect(terminationMessage).toContain('is complete')
})

test('foreign: gives up with 25 when the budget is spent', async () => {
  const env = await gate(foreign)
  await createJob(api, namespace, 'shop-migrator')
  const { code, terminationMessage } = await lotse(['wait', '--timeout', '8s'], env)
  expect(code).toBe(25)
  expect(terminationMessage).toMatch(/^WaitTimeout: Job \S+ was not complete after 8 s: it is waiting for a pod/)
})

test('without permission, or with a token that is not valid, it says what is missing', async () => {
  const env = await gate(foreign, rules.slice(1))
  const forbidden = await lotse(['wait'], env)
  expect(forbidden.code).toBe(20)
  expect(forbidden.terminationMessage).toMatch(
    /refused to show Job \S+: jobs.batch "shop-migrator" is forbidden: User "\w+" cannot get resource "jobs" in API group "batch"/,
  )
  expect(forbidden.terminationMessage).toContain(
    "Next: let this pod's ServiceAccount get it, with a Role {apiGroups: [batch], resources: [jobs], resourceNames: [shop-migrator], verbs: [get]}",
  )
  const stranger = join(temporaryFolder(), 'kubeconfig')
  writeFileSync(stranger, readFileSync(kubeconfig, 'utf8').replace(/"token":"\w+"/, '"token":"hunter2"'))
  const unknown = await lotse(['wait'], { ...env, KUBECONFIG: stranger })
  expect(unknown.code).toBe(20)
  expect(unknown.terminationMessage).toContain("Next: mount a token of this pod's ServiceAccount that the API accepts")
  expect(unknown.output).not.toContain('hunter2')
})

test('an API server that does not answer is asked again', async () => {
  const env = await gate(foreign)
  const job = await createJob(api, namespace, 'shop-migrator')
  await job.complete()
  api.pause()
  const run = start(['wait'], env)
  try {
    await run.says(/it is unknown, the Kubernetes API does not answer: no answer in time/)
  } finally {
    api.resume()
  }
  expect((await run.ended).code).toBe(0)
  const nobody = join(temporaryFolder(), 'kubeconfig')
  writeFileSync(nobody, readFileSync(kubeconfig, 'utf8').replace(`:${api.port}`, `:${await freePort()}`))
  const gaveUp = await lotse(['wait', '--timeout', '3s'], { ...env, KUBECONFIG: nobody })
  expect(gaveUp.code).toBe(25)
  expect(gaveUp.terminationMessage).toMatch(/the Kubernetes API does not answer: connect ECONNREFUSED/)
})

test('own migrations: a schema that is ready opens the gate whatever the Job says, and the Job is not asked', async () => {
  const { url } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder() }
  await lotse(['up'], env)
  const run = await lotse(['wait', '--job', 'shop-migrator'], { ...env, KUBECONFIG: '/nowhere' })
  expect(run.code, run.output).toBe(0)
  expect(run.terminationMessage).toContain('UpToDate: the schema is what this version needs')
})

test('own migrations: a Job that fails ends the gate at once', async () => {
  const { url } = await freshDatabase()
  const env = await gate({ DATABASE_URL: url, LOTSE_MIGRATIONS: folder() })
  const job = await createJob(api, namespace, 'shop-migrator')
  const run = start(['wait'], env)
  await run.says(/Waiting for the schema/)
  await job.addFailedPod('MigrationFailed: 001_a.sql, line 1')
  await job.fail()
  const { code, terminationMessage } = await run.ended
  expect(code).toBe(24)
  expect(terminationMessage).toContain('MigrationFailed: 001_a.sql, line 1')
  expect(terminationMessage).toContain(
    `to run the same Job again, kubectl delete job shop-migrator -n ${namespace} and repeat`,
  )
})

test('own migrations: a Job that failed for want of a database ends the gate, which has none either', async () => {
  const env = await gate({
    DATABASE_URL: `postgresql://shop@127.0.0.1:${await freePort()}/shop`,
    LOTSE_MIGRATIONS: folder(),
  })
  await (await createJob(api, namespace, 'shop-migrator')).fail()
  expect((await lotse(['wait'], env)).code).toBe(24)
})

test('own migrations: a complete Job does not open the gate, the schema does', async () => {
  const { url } = await freshDatabase()
  const env = await gate({ DATABASE_URL: url, LOTSE_MIGRATIONS: folder() })
  await (await createJob(api, namespace, 'shop-migrator')).complete()
  const inVain = await lotse(['wait', '--timeout', '4s'], env)
  expect(inVain.code).toBe(25)
  expect(inVain.terminationMessage).toMatch(
    /still lacks 1 migration after 4 s\n {2}- 001_a\n {2}Job \S+ is complete\.\n/,
  )
  const run = start(['wait'], env)
  await run.says(/it is complete/)
  await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: env.LOTSE_MIGRATIONS ?? '' })
  expect((await run.ended).code).toBe(0)
})

test('own migrations: a missing Job does not open the gate', async () => {
  const { url } = await freshDatabase()
  const env = await gate({ DATABASE_URL: url, LOTSE_MIGRATIONS: folder(), LOTSE_ABSENT_AFTER: '1s' })
  const { code, terminationMessage } = await lotse(['wait', '--timeout', '5s'], env)
  expect(code).toBe(25)
  expect(terminationMessage).toMatch(/Job \S+ is not found\./)
})

test('SIGTERM ends the gate at once', async () => {
  const env = await gate(foreign)
  await createJob(api, namespace, 'shop-migrator')
  const run = start(['wait'], env)
  await run.says(/Waiting for Job/)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
})

test.each([
  [['--job', 'job/shop'], '--job: "job/shop" is not a name that Kubernetes allows'],
  [['--job', 'shop', '--namespace', 'Shop'], '--namespace: "Shop" is not a name that Kubernetes allows'],
  [['--no-database'], '--no-database: without the database only a Job can decide; name it with --job'],
  [['--job', 'shop', '--no-database', '--absent-after', 'soon'], '--absent-after: "soon" is not a duration'],
])('wait %j is refused', async (args, message) => {
  const run = await lotse(['wait', ...args], { DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop' })
  expect(run.code).toBe(20)
  expect(run.terminationMessage).toContain(message)
})
