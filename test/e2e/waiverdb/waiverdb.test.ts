import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { announceKubePostgres, type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import type { Namespace } from '../../support/namespace.ts'
import { opening, openStage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { expectNoFailure } from '../../support/served.ts'

type Release = '0.10.0' | '1.4.0'
type Container = { readonly volumeMounts: readonly { readonly mountPath: string }[]; readonly lifecycle: object }
type PodSpec = { readonly containers: readonly Container[]; readonly volumes: readonly { readonly name: string }[] }
type Waiver = {
  readonly comment: string
  readonly subject: object | null
  readonly subject_type?: string
  readonly subject_identifier?: string
}

const job = 'job/waiverdb-migrator'
const api = 'http://waiverdb-web/api/v1.0'
/** The last revision of each release. */
const head = { '0.10.0': 'ce8a1351ecdc', '1.4.0': '3868a8118458' }
const glibc = { type: 'koji_build', item: 'glibc-2.26-27.fc27' }
/** A client of WaiverDB: posts its second argument to its first. */
const post = `const [url, body] = process.argv.slice(1)
const headers = { authorization: 'Basic ' + btoa('boss:'), 'content-type': 'application/json' }
const answer = await fetch(url, { method: 'POST', headers, body })
console.log(answer.status + ' ' + (await answer.text()))`

describe('WaiverDB itself: its releases 0.10.0 and 1.4.0, with their migrations, and a hook instead of postStart', () => {
  const stage = opening(async (closing) => {
    const announce = (namespace: Namespace) => announceKubePostgres(namespace, 'waiverdb-database')
    const stage = await openStage(closing, 'waiverdb', [`${api}/waivers/`, `${api}/about`], announce)
    const file = '--from-file=test/e2e/waiverdb/settings.py'
    await stage.namespace.kubectl('create', 'configmap', 'waiverdb-settings', file)
    return stage
  })
  let postgres: KubePostgres

  const helm = (...args: string[]): Promise<Result> => stage.helm([...args, '--wait', '--timeout', '3m'])
  const roll = (release: Release, ...flags: string[]): Promise<Result> =>
    helm(
      ...['upgrade', '--install', 'waiverdb', 'chart', '--values', 'test/e2e/waiverdb/values.yaml', ...flags],
      ...['--set-string', `workloads.web.image.tag=${release}`],
    )
  const ready = (): Promise<string[]> => settledPods(stage.namespace, isReady)
  const log = (container: string): Promise<string> => stage.namespace.kubectl('logs', job, '--container', container)
  const get = async (object: string): Promise<{ spec: { template: { spec: PodSpec } } }> =>
    JSON.parse(await stage.namespace.kubectl('get', object, '--output', 'json'))
  const revision = async (): Promise<string> =>
    (await postgres.query('select version_num from alembic_version'))[0]?.version_num

  /** What one pod of the release sees: every waiver, newest first. */
  const waivers = async (): Promise<Waiver[]> => {
    const [pod] = await ready()
    return (await stage.namespace.get<{ data: Waiver[] }>('api/v1', `pods/${pod}:8080/proxy/api/v1.0/waivers/`)).data
  }
  /** Waives a test through the Service, as a client with a name; returns what WaiverDB answers. */
  const waive = (comment: string, subject: object): Promise<string> => {
    const waiver = { ...subject, comment, testcase: `test.${comment}`, product_version: 'fedora-27', waived: true }
    const script = ['/usr/local/bin/node', '--input-type=module', '--eval', post, '--']
    return stage.namespace.kubectl('exec', 'traffic', '--', ...script, `${api}/waivers/`, JSON.stringify(waiver))
  }
  /** Pods of this release answer and no others, and no request has failed since the first answer. */
  const expectServed = async (release: Release): Promise<void> => {
    await ready()
    await until(`only ${release} answers`, async () => (await stage.traffic.next(30)).versions.join() === release)
    await expectNoFailure(stage.traffic)
  }

  test('installs 0.10.0: its hook waits for PostgreSQL, and applies seven revisions under the run lock before any pod is there', async () => {
    const installing = roll('0.10.0')
    await until('the Job before the migrator waits', async () =>
      (await stage.namespace.kubectl('logs', `${job}-ready`)).includes('Waiting for'),
    )
    expect(await stage.namespace.pods('app.kubernetes.io/component=web')).toEqual([])
    postgres = await startKubePostgres(stage.namespace, 'waiverdb-database')
    const { code, output } = await installing
    expect(code, output).toBe(0)
    expect(await revision()).toBe(head['0.10.0'])
    expect((await log('migrator')).match(/Running upgrade .*/g)).toHaveLength(7)
    expect(await log('guard')).toContain('Took the run lock')
    const { stdout } = await stage.helm(['get', 'hooks', 'waiverdb'])
    expect(stdout).toMatch(/^kind: Job\nmetadata:[\s\S]*helm\.sh\/hook: pre-install,pre-upgrade/m)
    await expectServed('0.10.0')
  })

  test('the migrator inherits the configuration volumes of the web container, which has no postStart', async () => {
    const [migrator, web] = [await get(job), await get('deployment/waiverdb-web')].map(({ spec }) => spec.template.spec)
    expect(migrator?.containers[0]?.volumeMounts).toEqual(web?.containers[0]?.volumeMounts)
    const paths = web?.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath)
    expect(paths).toEqual(['/etc/waiverdb', '/run/secrets/waiverdb'])
    for (const name of ['settings', 'credentials'])
      expect(migrator?.volumes).toContainEqual(web?.volumes.find((volume) => volume.name === name))
    expect(web?.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
  })

  test('a record that a migration of 1.4.0 cannot handle aborts the deployment, with the log of Alembic in that of Helm', async () => {
    expect(await waive('a build', { subject: glibc })).toMatch(/^201 /)
    expect(await waive('no type', { subject: { item: 'kernel-4.16.0-1.fc28' } })).toMatch(/^201 /)
    const [pods, schema] = [await ready(), await postgres.schema()]
    const { code, output } = await roll('1.4.0')
    expect(code).not.toBe(0)
    // Helm 4 quotes the migrator's log.
    for (const line of [
      'Running upgrade ce8a1351ecdc -> f6bc296ba966',
      'Traceback (most recent call last)',
      'psycopg2.errors.NotNullViolation',
      'column "subject_type" of relation "waiver" contains null values',
    ])
      expect(output.replaceAll('\\"', '"')).toContain(line)
    expect(await revision()).toBe(head['0.10.0'])
    expect(await postgres.schema()).toBe(schema)
    expect(await ready()).toEqual(pods)
    await expectServed('0.10.0')
  })

  test('repaired while 0.10.0 serves, the same command upgrades to 1.4.0, and no request fails', async () => {
    await postgres.query(
      `update waiver set subject = '{"item": "kernel-4.16.0-1.fc28", "type": "koji_build"}' where comment = 'no type'`,
    )
    const { code, output } = await roll('1.4.0')
    expect(code, output).toBe(0)
    expect((await log('migrator')).match(/Running upgrade \S+ -> \S+(?=,)/g)).toEqual([
      'Running upgrade ce8a1351ecdc -> f6bc296ba966',
      'Running upgrade f6bc296ba966 -> 3868a8118458',
    ])
    await expectServed('1.4.0')
    expect(await waivers()).toMatchObject([
      { comment: 'no type', subject_type: 'koji_build', subject_identifier: 'kernel-4.16.0-1.fc28' },
      { comment: 'a build', subject_type: 'koji_build', subject_identifier: glibc.item },
    ])
  })

  test('helm rollback brings 0.10.0 back without a migrator: it reads what 1.4.0 wrote, without what it does not know', async () => {
    const bash = { subject_type: 'koji_build', subject_identifier: 'bash-5.0.0-1.fc31' }
    expect(await waive('of 1.4.0', bash)).toMatch(/^201 /)
    const { code, output } = await helm('rollback', 'waiverdb', '1')
    expect(code, output).toBe(0)
    expect(await revision()).toBe(head['1.4.0'])
    await expectServed('0.10.0')
    expect(await waivers()).toMatchObject([
      { comment: 'of 1.4.0', subject: null },
      { comment: 'no type' },
      { comment: 'a build', subject: glibc },
    ])
  })

  test('the migrations of 1.4.0 take the schema back, too, as far as they can; 0.10.0 has it all and writes again', async () => {
    expect(await waive('too early', { subject: glibc })).toMatch(/^500 /)
    const { code, output } = await roll('0.10.0', '--values', 'test/e2e/waiverdb/back.yaml')
    expect(code, output).toBe(0)
    expect((await log('migrator')).match(/Running downgrade \S+ -> \S+(?=,)/g)).toEqual([
      'Running downgrade 3868a8118458 -> f6bc296ba966',
      'Running downgrade f6bc296ba966 -> ce8a1351ecdc',
    ])
    await expectServed('0.10.0')
    expect(await waive('back again', { subject: glibc })).toMatch(/^201 /)
    expect((await waivers()).slice(0, 2)).toMatchObject([
      { comment: 'back again', subject: glibc },
      { comment: 'of 1.4.0', subject: { type: 'koji_build', item: 'bash-5.0.0-1.fc31' } },
    ])
  })
})
