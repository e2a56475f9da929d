import { afterAll, beforeAll, expect, test } from 'vitest'
import { historyTable, lockKey } from '../../hook/database/lock.ts'
import { until } from '../support/command.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { earlierLotse } from '../support/earlier.ts'
import { type KubeApi, startKubeApi } from '../support/kube-api.ts'
import { createDeployment } from '../support/kube-deployment.ts'
import { freshNamespace } from '../support/kube-job.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'

let api: KubeApi

beforeAll(async () => {
  api = await startKubeApi()
}, 900_000)
afterAll(() => api.stop())

/** What the chart gives the finisher, and for a selector. */
const rules = [
  { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
]
const selecting = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }, rules[1] ?? {}]
const [own, other] = ['c3d4', 'a1b2']

const first = { '001_first.sql': 'select 1' }
const contract = { '003_drop.sql': '-- lotse: phase contract\nalter table t drop column old;' }
/** It has to be let go on, and takes long for each row. */
const fill = (sleep = 0): Record<string, string> => ({
  '002_fill.sql': `-- lotse: backfill t(id)
-- lotse: pause-when (select held from switch)
update t set n = n + 1 where id between $1 and $2 and (select pg_sleep(${sleep})) is not null;`,
})

const cursor = async ({ query }: Pick<TestDatabase, 'query'>): Promise<number> =>
  (await query('select coalesce(cursor::int, 0) as at from lotse_history_backfills'))[0]?.at
/** Waits until a backfill of 0.2 s a batch has done 60 batches of one row, after some that were larger: meanwhile it has looked at the rollout. */
const longEnough = (database: TestDatabase) => until('60 batches', async () => (await cursor(database)) > 260)

/** A namespace with the Deployment web, and a database on which the release before this one runs. */
async function rolling(files: Record<string, string>, allowed: readonly object[] = rules) {
  const namespace = await freshNamespace(api)
  const KUBECONFIG = await api.userWith(namespace, allowed)
  const database = await freshDatabase()
  await database.query(`create table t (id int primary key, old int, n int not null default 0);
    insert into t select n from generate_series(1, 1000) n; create table switch (held boolean); insert into switch values (true)`)
  const DATABASE_URL = database.url
  expect((await lotse(['up'], { DATABASE_URL, LOTSE_MIGRATIONS: migrationsFolder(first) })).code).toBe(0)
  const web = await createDeployment(api, namespace, 'web', own)
  const env = {
    KUBECONFIG,
    DATABASE_URL,
    LOTSE_MIGRATIONS: migrationsFolder({ ...first, ...files }),
    LOTSE_ROLLOUT: 'web',
    LOTSE_ROLLOUT_VERSION: own,
    LOTSE_ROLLOUT_TIMEOUT: '30s',
  }
  return { ...database, namespace, web, env }
}

const short = { LOTSE_ROLLOUT_TIMEOUT: '6s' }
const columns = async ({ query }: Pick<TestDatabase, 'query'>): Promise<unknown> =>
  (
    await query(
      `select string_agg(column_name, ' ' order by ordinal_position) as c from information_schema.columns where table_name = 't'`,
    )
  )[0]?.c
const [before, after] = ['id old n', 'id n']
const released = (database: TestDatabase): Promise<unknown> => database.query('update switch set held = false')

test('a rollout that is complete: what waits for it runs; with nothing waiting, Kubernetes is not even asked', async () => {
  const database = await rolling({ ...fill(), ...contract })
  await released(database)
  await database.web.complete()
  // What has ended serves nobody.
  for (const phase of ['Failed', 'Succeeded'] as const) await database.web.addPod('template-0', phase)
  const run = await lotse(['finish'], database.env)
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain('The rollout of version c3d4 is complete, and no pod of an older version is left')
  expect(run.output).not.toContain('Waiting for the rollout')
  expect(await columns(database)).toBe(after)
  expect(await database.query('select min(n) as n from t')).toEqual([{ n: 1 }])
  expect(await database.query(`select to_regclass('lotse_history_rollout') as made`)).toEqual([{ made: null }])
  const nothing = await lotse(['finish'], { ...database.env, KUBECONFIG: '/nowhere' })
  expect([nothing.code, nothing.output]).toEqual([
    0,
    expect.stringContaining('UpToDate: nothing waits for lotse finish'),
  ])
})

test('a rollout that is never complete: 25 with the reason; nothing is dropped, and no backfill begins', async () => {
  const database = await rolling({ ...fill(), ...contract })
  await released(database)
  await database.web.addPod('template-0')
  const run = await lotse(['finish'], { ...database.env, ...short })
  expect(run.code, run.output).toBe(25)
  expect(run.terminationMessage).toMatch(
    /^WaitTimeout: the rollout of version c3d4 was not complete after 6 s\n {2}- Deployment web: 0 of 2 pods are new\nNothing was changed\.\nNext: see why it is not complete/,
  )
  await database.web.available(1)
  expect((await lotse(['finish'], { ...database.env, ...short })).terminationMessage).toContain(
    '- Deployment web: 1 of 2 pods is available',
  )
  expect(await columns(database)).toBe(before)
  expect(await database.query('select max(n) as n from t')).toEqual([{ n: 0 }])
  const absent = await lotse(['finish', '--rollout', 'web,api'], {
    ...database.env,
    ...short,
    KUBECONFIG: await api.userWith(database.namespace, [
      { ...rules[0], resourceNames: ['web', 'api'] },
      rules[1] ?? {},
    ]),
  })
  expect(absent.terminationMessage).toContain(`- Deployment api does not exist in namespace ${database.namespace}`)
})

test('a pod of an older version that is still terminating is waited for, and then it goes on', async () => {
  const database = await rolling(contract)
  const old = await database.web.addPod('template-0')
  await database.web.terminate(old)
  const { web } = database
  for (const _ of [1, 2]) await web.addPod('template-1')
  await web.available(2)
  const run = start(['finish'], database.env)
  await run.says(new RegExp(`Waiting for the rollout .*\\n  pod ${old} of an older version is still terminating`))
  expect(await columns(database)).toBe(before)
  await web.remove(old)
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await columns(database)).toBe(after)
})

test('another version is waited for and told: a finisher that a rollback has left behind drops nothing', async () => {
  const database = await rolling(contract)
  for (const [version, told] of [
    [other, 'Deployment web carries version a1b2, this finisher belongs to c3d4'],
    [undefined, 'Deployment web carries no version (annotation lotse/version of its pod template), this finisher'],
  ]) {
    await database.web.release(version)
    await database.web.complete()
    const run = await lotse(['finish'], { ...database.env, ...short })
    expect([run.code, run.terminationMessage]).toEqual([25, expect.stringContaining(`- ${told}`)])
  }
  expect(await columns(database)).toBe(before)
})

test('Deployments that a selector finds: none is no proof, each of them counts', async () => {
  const database = await rolling(contract, selecting)
  const env = { ...database.env, LOTSE_ROLLOUT: '', LOTSE_ROLLOUT_SELECTOR: 'release=shop,tier in (api, jobs)' }
  await database.web.complete()
  const none = await lotse(['finish'], { ...env, ...short })
  expect([none.code, none.terminationMessage]).toEqual([
    25,
    expect.stringContaining(
      `- no Deployment of namespace ${database.namespace} matches release=shop,tier in (api, jobs)`,
    ),
  ])
  const labels = (tier: string) => ({ release: 'shop', tier })
  const parts = [
    await createDeployment(api, database.namespace, 'api', own, labels('api')),
    await createDeployment(api, database.namespace, 'jobs', own, labels('jobs')),
  ]
  await parts[0]?.complete()
  const half = await lotse(['finish'], { ...env, ...short })
  expect([half.code, half.terminationMessage]).toEqual([
    25,
    expect.stringContaining('- Deployment jobs: 0 of 2 pods are new'),
  ])
  expect(await columns(database)).toBe(before)
  await parts[1]?.complete()
  const run = await lotse(['finish'], env)
  expect(run.code, run.output).toBe(0)
  expect(await columns(database)).toBe(after)
})

test('what the ServiceAccount may not see is named with the Role it lacks', async () => {
  const database = await rolling(contract, [])
  await database.web.complete()
  const finish = async (allowed: readonly object[], more: Record<string, string> = {}) =>
    lotse(['finish'], { ...database.env, KUBECONFIG: await api.userWith(database.namespace, allowed), ...more })
  const role = (apiGroups: string, resources: string, verbs: string): string =>
    `with a Role {apiGroups: [${apiGroups}], resources: [${resources}], verbs: [${verbs}]} and a RoleBinding`
  for (const [allowed, more, told] of [
    [[], {}, role('apps', 'deployments], resourceNames: [web', 'get')],
    [rules.slice(0, 1), {}, role('""', 'pods', 'list')],
    [rules, { LOTSE_ROLLOUT_SELECTOR: 'app=web' }, role('apps', 'deployments', 'list')],
    [selecting, { LOTSE_ROLLOUT: '', LOTSE_ROLLOUT_SELECTOR: '=x=' }, 'correct the selector (LOTSE_ROLLOUT_SELECTOR)'],
  ] as const) {
    const run = await finish(allowed, more)
    expect([run.code, run.terminationMessage]).toEqual([20, expect.stringContaining(told)])
    expect(run.terminationMessage).toContain('The Kubernetes API refused'.slice(4))
  }
  expect(await columns(database)).toBe(before)
})

test('an API that does not answer is waited for within the timeout, and a signal ends the waiting', async () => {
  const database = await rolling(contract)
  await database.web.complete()
  api.pause()
  try {
    const given = await lotse(['finish'], { ...database.env, ...short })
    expect([given.code, given.terminationMessage]).toEqual([
      25,
      expect.stringContaining('- the Kubernetes API does not answer: no answer in time'),
    ])
    const stopped = start(['finish'], database.env)
    await stopped.says(/Waiting for the rollout/)
    stopped.kill('SIGTERM')
    expect((await stopped.ended).code).toBe(143)
    const run = start(['finish'], database.env)
    await run.says(/the Kubernetes API does not answer/)
    api.resume()
    const { code, output } = await run.ended
    expect(code, output).toBe(0)
  } finally {
    api.resume()
  }
  expect(await columns(database)).toBe(after)
}, 180_000)

test('a soak is measured from the proof, over any number of runs, and status says until when', async () => {
  const database = await rolling(contract)
  const { query, web } = database
  const env = { ...database.env, LOTSE_SOAK: '1h' }
  const row = async (): Promise<Record<string, unknown>> =>
    (await query('select rollout, proven_at::text as at, version from lotse_history_rollout'))[0]
  await web.complete()
  expect((await lotse(['status'], env)).output).not.toContain('ollback')
  const begun = await lotse(['finish'], env)
  expect([begun.code, begun.output]).toEqual([
    0,
    expect.stringMatching(
      /Rollback stays possible until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(soak 1 h\); the finisher looks again/,
    ),
  ])
  expect(begun.terminationMessage).toMatch(
    /^UpToDate: rollback stays possible until .* UTC \(soak 1 h\), and nothing is run before/,
  )
  const noted = await row()
  expect(noted).toMatchObject({ rollout: expect.stringMatching(/^[\da-f-]{36}:1$/), version: own })
  // Scaling is no other rollout; neither is another pod of the finisher.
  await web.complete(3)
  expect((await lotse(['finish'], env)).code).toBe(0)
  expect(await row()).toEqual(noted)
  const status = await lotse(['status'], database.env)
  const [, until] = /UTC; rollback stays possible until (.*) UTC \(soak 1 h\)\.\n/.exec(status.output) ?? []
  expect(begun.output).toContain(`until ${until} UTC`)
  const json = JSON.parse((await lotse(['status', '--json'], database.env)).output)
  expect(json.rollout).toMatchObject({ version: own, soak: 3_600_000, rollbackUntil: `${until?.replace(' ', 'T')}Z` })
  // An earlier Lotse neither reads nor minds it.
  expect(
    (await earlierLotse()(['up'], { DATABASE_URL: database.url, LOTSE_MIGRATIONS: migrationsFolder(first) })).code,
  ).toBe(0)
  // There and back again is another rollout.
  await web.release(other)
  await web.release(own)
  await web.complete()
  await query(`update lotse_history_rollout set proven_at = proven_at - interval '2 h'`)
  expect((await lotse(['finish'], env)).output).toContain('Rollback stays possible')
  expect(await row()).toMatchObject({ rollout: expect.stringMatching(/:3$/) })
  expect(await columns(database)).toBe(before)
  await query(`update lotse_history_rollout set proven_at = proven_at - interval '1 h'`)
  const over = await lotse(['finish'], env)
  expect(over.code, over.output).toBe(0)
  expect(await columns(database)).toBe(after)
  expect(await query('select from lotse_history_rollout')).toEqual([])
}, 180_000)

test('a soak that ends within the timeout is waited for, and told once; what is rolled out meanwhile counts at once', async () => {
  const database = await rolling({ ...fill(), ...contract })
  await released(database)
  await database.web.complete()
  const left = start(['finish', '--soak', '28s'], database.env)
  await left.says(/Rollback stays possible until .* \(soak 28 s\); waiting for that/)
  const began = performance.now()
  await database.query('select pg_sleep(11)')
  await database.web.release(other)
  const superseded = await left.ended
  expect(performance.now() - began).toBeLessThan(25_000)
  expect(superseded.output.match(/Rollback stays possible|is complete/g)).toHaveLength(2)
  expect([superseded.code, superseded.output]).toEqual([0, expect.stringContaining('carries version a1b2 now')])
  expect(superseded.output).not.toContain('Backfill')
  expect(await columns(database)).toBe(before)
  await database.web.release(own)
  await database.web.complete()
  const run = await lotse(['finish', '--soak', '3s'], database.env)
  expect(run.code, run.output).toBe(0)
  expect(await columns(database)).toBe(after)
})

test('a role that may not keep the soak is told the grant it lacks', async () => {
  const database = await rolling(contract)
  await database.web.complete()
  const role = `finisher_${new URL(database.url).pathname.slice(-6)}`
  await database.query(`create role ${role} login; grant usage on schema public to ${role}; revoke create on schema public from public;
    grant all on t, lotse_history to ${role}`)
  try {
    const env = { ...database.env, DATABASE_URL: Object.assign(new URL(database.url), { username: role }).href }
    const run = await lotse(['finish', '--soak', '1h'], env)
    expect([run.code, run.terminationMessage]).toEqual([
      23,
      expect.stringContaining(`GRANT USAGE, CREATE ON SCHEMA "public" TO "${role}"`),
    ])
    expect(await columns(database)).toBe(before)
  } finally {
    await database.query(`drop owned by ${role}; drop role ${role}`)
  }
})

test('a backfill stops between two batches once another version is rolled out, and the next one goes on there', async () => {
  const database = await rolling({ ...fill(0.2), ...contract })
  const { query, web, env } = database
  await web.complete()
  await released(database)
  const run = start(['finish'], env)
  await run.says(/Backfill 002_fill begins/)
  // Pods of the same version come and go: no reason to stop.
  await web.available(1)
  await longEnough(database)
  const at = await cursor(database)
  await web.release(other)
  const { code, output, terminationMessage } = await run.ended
  expect(code, output).toBe(0)
  expect(output).toContain('Deployment web carries version a1b2 now, this finisher belongs to c3d4. It stops here')
  expect(terminationMessage).toMatch(/^UpToDate: superseded: Deployment web carries version a1b2 now/)
  expect(await cursor(database)).toBeGreaterThan(at)
  expect(
    await query('select max(id) = (select cursor::int from lotse_history_backfills) as exact from t where n = 1'),
  ).toEqual([{ exact: true }])
  expect(await columns(database)).toBe(before)
  await web.release(own)
  await web.complete()
  const again = await lotse(['finish'], {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({ ...first, ...fill(), ...contract }),
  })
  expect(again.code, again.output).toBe(0)
  expect(again.output).toContain('Backfill 002_fill goes on in t, after')
  expect(await query('select min(n) as least, max(n) as most from t')).toEqual([{ least: 1, most: 1 }])
}, 180_000)

test('a backfill that is held stops, too, and so does one that waits for another', async () => {
  const database = await rolling({ ...fill(), ...contract })
  await database.web.complete()
  const run = start(['finish'], database.env)
  await run.says(/002_fill holding: pause-when/)
  const rival = start(['finish'], database.env)
  await rival.says(/002_fill holding: another backfill goes through the table/)
  await database.web.release(undefined)
  for (const { code, output } of await Promise.all([run.ended, rival.ended])) {
    expect(code, output).toBe(0)
    expect(output).toContain('Deployment web carries no version (annotation lotse/version of its pod template) now')
  }
})

test('after a backfill the contract is proven anew: it waits, without the run lock, for the rollout to be complete again', async () => {
  const database = await rolling({ ...fill(), ...contract })
  const { web, env } = database
  await web.complete()
  const run = start(['finish'], env)
  await run.says(/002_fill holding: pause-when/)
  await web.available(1)
  await released(database)
  await run.says(
    /Backfill 002_fill is through[\s\S]*Waiting for the rollout .*\n {2}Deployment web: 1 of 2 pods is available/,
  )
  expect(await columns(database)).toBe(before)
  // A release is not held up.
  const next = migrationsFolder({ ...first, ...fill(), ...contract, '004_more.sql': 'create table more ()' })
  expect((await lotse(['up', '--lock-wait', '2s'], { DATABASE_URL: database.url, LOTSE_MIGRATIONS: next })).code).toBe(
    0,
  )
  await web.available(2)
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await columns(database)).toBe(after)
})

test('an API that does not answer stops no backfill, but no contract runs without proof', async () => {
  const database = await rolling({ ...fill(0.2), ...contract })
  await database.web.complete()
  const run = start(['finish'], { ...database.env, LOTSE_ROLLOUT_TIMEOUT: '4s' })
  await run.says(/002_fill holding: pause-when/)
  api.pause()
  try {
    await released(database)
    await longEnough(database)
    await database.query('delete from t where id > 300')
    const { code, output, terminationMessage } = await run.ended
    expect(code, output).toBe(25)
    expect(output).toContain('Backfill 002_fill is through')
    expect(terminationMessage).toContain('- the Kubernetes API does not answer')
    expect(terminationMessage).toContain('What was done before is kept; what comes after it was not run.')
  } finally {
    api.resume()
  }
  expect(await columns(database)).toBe(before)
  expect((await lotse(['finish'], database.env)).code).toBe(0)
  expect(await columns(database)).toBe(after)
}, 180_000)

test('what was proven before the run lock was free is proven again under it', async () => {
  const database = await rolling(contract)
  const { web, env } = database
  const key = lockKey(historyTable({ schema: 'public', table: 'lotse_history' }))
  const holder = await database.connect()
  const held = async (change: () => Promise<void>) => {
    await web.release(own)
    await web.complete()
    await holder.query(`select pg_advisory_lock(${key})`)
    const run = start(['finish'], env)
    await run.says(/Waiting for another migrator/)
    await change()
    await holder.query(`select pg_advisory_unlock(${key})`)
    return run
  }
  const superseded = await (await held(() => web.release(other))).ended
  expect([superseded.code, superseded.output]).toEqual([0, expect.stringContaining('carries version a1b2 now')])
  expect(await columns(database)).toBe(before)
  const waiting = await held(() => web.available(1))
  await waiting.says(/Waiting for the rollout .*\n {2}Deployment web: 1 of 2 pods is available/)
  expect(await columns(database)).toBe(before)
  await until(
    'the lock is free',
    async () => (await holder.query(`select pg_try_advisory_lock(${key}) as taken`)).rows[0].taken,
  )
  await holder.query(`select pg_advisory_unlock_all()`)
  await web.available(2)
  expect((await waiting.ended).code).toBe(0)
  expect(await columns(database)).toBe(after)
})

test('something else may wait for the rollout and its soak, without a database', async () => {
  const { web, env } = await rolling(contract)
  const { DATABASE_URL: _, LOTSE_MIGRATIONS: __, ...alone } = env
  const late = await lotse(['finish', '--rollout-only'], { ...alone, ...short })
  expect([late.code, late.terminationMessage]).toEqual([
    25,
    expect.stringContaining('- Deployment web: 0 of 2 pods are new'),
  ])
  await web.complete()
  const run = await lotse(['finish', '--rollout-only'], alone)
  expect([run.code, run.terminationMessage]).toEqual([
    0,
    expect.stringMatching(/^UpToDate: the rollout of version c3d4 is complete \(/),
  ])
  // What is rolled out meanwhile begins the soak anew, and another version is none to go on with.
  const soaking = start(['finish', '--rollout-only', '--soak', '4s'], { ...alone, LOTSE_ROLLOUT_TIMEOUT: '4s' })
  await soaking.says(/Rollback stays possible until .* \(soak 4 s\); waiting for that/)
  await web.release(own)
  await web.complete()
  await soaking.says(/(Rollback stays possible[\s\S]*){2}/)
  await web.release(other)
  await web.complete()
  const { code, terminationMessage } = await soaking.ended
  expect([code, terminationMessage]).toEqual([
    25,
    expect.stringContaining('Deployment web carries version a1b2, this finisher'),
  ])
})
