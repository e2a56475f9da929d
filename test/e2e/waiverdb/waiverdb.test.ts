import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { announceKubePostgres, type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import type { Namespace } from '../../support/namespace.ts'
import { opening, openStage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { expectRolledTo, expectServedBy } from '../../support/served.ts'
import { serviceOf } from '../../support/service.ts'

type Release = '1' | '2-broken' | '2' | '3'
type Container = { readonly volumeMounts: readonly { readonly mountPath: string }[]; readonly lifecycle: object }
type PodSpec = { readonly containers: readonly Container[]; readonly volumes: readonly { readonly name: string }[] }

const job = 'job/waiverdb-migrator'
/** Waivers that are there before the data migration, more than one batch of it. */
const old = 2500

describe('WaiverDB: Flask, Flask-Migrate and a hook instead of postStart', () => {
  const stage = opening(async (closing) => {
    const announce = (namespace: Namespace) => announceKubePostgres(namespace, 'waiverdb-database')
    const stage = await openStage(closing, 'waiverdb', 'http://waiverdb-web/api/v1.0/waivers/', announce)
    const file = '--from-file=test/e2e/waiverdb/settings.py'
    await stage.namespace.kubectl('create', 'configmap', 'waiverdb-settings', file)
    return stage
  })
  let postgres: KubePostgres

  const roll = (release: Release): Promise<Result> =>
    stage.helm([
      ...['upgrade', '--install', 'waiverdb', 'chart', '--values', 'test/e2e/waiverdb/values.yaml'],
      ...['--set-string', `workloads.web.image.tag=${release}`, '--wait', '--timeout', '3m'],
    ])
  const ready = (): Promise<string[]> => settledPods(stage.namespace, isReady)
  const expectServed = (release: Release): Promise<void> =>
    expectRolledTo(release, { shop: { pods: () => settledPods(stage.namespace) }, traffic: stage.traffic })
  const log = (container: string): Promise<string> => stage.namespace.kubectl('logs', job, '--container', container)
  const get = async (object: string): Promise<{ spec: { template: { spec: PodSpec } }; status: object }> =>
    JSON.parse(await stage.namespace.kubectl('get', object, '--output', 'json'))
  const revision = async (): Promise<string> =>
    (await postgres.query('select version_num from alembic_version'))[0]?.version_num
  const count = async (condition: string): Promise<number> =>
    Number((await postgres.query(`select count(*) from waiver where ${condition}`))[0]?.count)

  /** Waives a test of a build through the web; returns what the web answers. */
  const waive = (build: string): Promise<object> => {
    const waiver = { subject_type: 'koji_build', subject_identifier: build, testcase: 'dist.rpmlint' }
    return serviceOf(stage.namespace, 'waiverdb-web').post('/api/v1.0/waivers/', waiver)
  }
  const newest = async (): Promise<unknown> =>
    (await serviceOf(stage.namespace, 'waiverdb-web').get<{ data: unknown[] }>('/api/v1.0/waivers/')).data[0]

  test('waits for PostgreSQL to come up, and no pod of the application is there before', async () => {
    const installing = roll('1')
    await until('the Job before the migrator waits', async () =>
      (await stage.namespace.kubectl('logs', `${job}-ready`)).includes('Waiting for'),
    )
    expect(await stage.namespace.pods('app.kubernetes.io/component=web')).toEqual([])
    postgres = await startKubePostgres(stage.namespace, 'waiverdb-database')
    const { code, output } = await installing
    expect(code, output).toBe(0)
    expect(await revision()).toBe('0001')
    await expectServed('1')
  })

  test('a hook before the deployment, under the run lock, and no postStart', async () => {
    const { stdout } = await stage.helm(['get', 'hooks', 'waiverdb'])
    expect(stdout).toMatch(/^kind: Job\nmetadata:[\s\S]*helm\.sh\/hook: pre-install,pre-upgrade/m)
    expect(await log('guard')).toContain('Took the run lock')
    const [web] = (await get('deployment/waiverdb-web')).spec.template.spec.containers
    expect(web?.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
  })

  test('the migrator inherits the configuration volumes of the web container', async () => {
    const [migrator, web] = [await get(job), await get('deployment/waiverdb-web')].map(({ spec }) => spec.template.spec)
    expect(migrator?.containers[0]?.volumeMounts).toEqual(web?.containers[0]?.volumeMounts)
    const paths = web?.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath)
    expect(paths).toEqual(['/etc/waiverdb', '/run/secrets/waiverdb'])
    // The guard says itself which Secret or ConfigMap is missing; the gate here is WaiverDB's own.
    const volumes = JSON.parse(JSON.stringify(migrator?.volumes).replaceAll(',"optional":true', ''))
    for (const volume of web?.volumes ?? []) expect(volumes).toContainEqual(volume)
  })

  test('a migration that fails aborts the deployment, with the log of Alembic in that of Helm; old pods serve', async () => {
    await postgres.query(
      `insert into waiver (subject, testcase)
       select jsonb_build_object('type', 'koji_build', 'item', 'old-' || n), 'dist.rpmlint' from generate_series(1, ${old}) n`,
    )
    const pods = await ready()
    const { code, output } = await roll('2-broken')
    expect(code).not.toBe(0)
    for (const line of [
      'Running upgrade 0002 -> 0003',
      'Traceback (most recent call last)',
      'psycopg2.errors.UndefinedColumn',
      'subject_identifer',
    ])
      expect(output).toContain(line)
    expect(await ready()).toEqual(pods)
    await expectServedBy(stage.traffic, '1', pods)
  })

  test('one transaction per migration: what was applied before the failed one stays, and nothing of the failed one', async () => {
    expect(await revision()).toBe('0002')
    expect(await count('subject_type is not null')).toBe(0)
  })

  test('expanded, the schema suits the old version: it writes what the new one will read', async () => {
    expect(await waive('by-version-1')).toMatchObject({ subject_identifier: 'by-version-1' })
    expect(await count(`subject_identifier = 'by-version-1'`)).toBe(1)
  })

  test('corrected, it goes on with the data migration, which is one of its own and changes no schema', async () => {
    const schema = await postgres.schema()
    const { code, output } = await roll('2')
    expect(code, output).toBe(0)
    const said = await log('migrator')
    // Alembic writes to one stream and the migration to another; a busy node may mix them.
    expect(said.match(/Running upgrade .*/g)).toEqual([expect.stringContaining('0002 -> 0003, data: ')])
    expect(said.match(/filled .*/g)).toEqual(['filled 1000 waivers', 'filled 1000 waivers', 'filled 500 waivers'])
    expect(await postgres.schema()).toBe(schema)
    expect(await count('subject_type is null')).toBe(0)
    await expectServed('2')
    expect(await newest()).toMatchObject({ subject_type: 'koji_build', subject_identifier: 'by-version-1' })
  })

  test('back to the previous image: its migrator leaves the newer schema alone, and it reads what the new one wrote', async () => {
    await waive('by-version-2')
    const { code, output } = await roll('1')
    expect(code, output).toBe(0)
    expect(await log('migrator')).toContain('the schema is newer than this image and stays as it is')
    expect(await revision()).toBe('0003')
    await expectServed('1')
    expect(await newest()).toMatchObject({ subject_identifier: 'by-version-2' })
    await waive('by-version-1-again')
  })

  test('run a second time, the migrations of a version change nothing', async () => {
    const schema = await postgres.schema()
    const { code, output } = await roll('2')
    expect(code, output).toBe(0)
    expect(await log('migrator')).not.toContain('Running upgrade')
    expect(await postgres.schema()).toBe(schema)
    expect(await revision()).toBe('0003')
    await expectServed('2')
    expect(await newest()).toMatchObject({ subject_identifier: 'by-version-1-again' })
  })

  test('the release after contracts, while pods of the one before serve; helm rollback goes back to those', async () => {
    const { code, output } = await roll('3')
    expect(code, output).toBe(0)
    expect(await postgres.schema()).not.toContain('"column_name":"subject"')
    await expectServed('3')
    const back = await stage.helm(['rollback', 'waiverdb', '--wait', '--timeout', '3m'])
    expect(back.code, back.output).toBe(0)
    await expectServed('2')
    expect(await waive('after-the-contract')).toMatchObject({ subject_identifier: 'after-the-contract' })
  })
})
