import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { startKubePostgres } from '../../support/kube-postgres.ts'
import type { Namespace } from '../../support/namespace.ts'
import { opening, openStage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { expectRolledTo, expectServedBy } from '../../support/served.ts'
import { serviceOf } from '../../support/service.ts'

type Release = '1' | '2-broken' | '2' | '3'

/** Waivers that are there before the data migration, more than one batch of it. */
const old = 2500

describe('expand and contract over two releases, with Flask-Migrate', () => {
  const stage = opening(async (closing) => {
    const start = (namespace: Namespace) => startKubePostgres(namespace, 'waiverdb-database')
    const stage = await openStage(closing, 'expand', 'http://waiverdb-web/api/v1.0/waivers/', start)
    const file = '--from-file=test/e2e/expand-contract/settings.py'
    await stage.namespace.kubectl('create', 'configmap', 'waiverdb-settings', file)
    const backfills = '--from-file=test/e2e/expand-contract/backfills'
    await stage.namespace.kubectl('create', 'configmap', 'waiverdb-backfills', backfills)
    return stage
  })

  const roll = (release: Release): Promise<Result> =>
    stage.helm([
      ...['upgrade', '--install', 'waiverdb', 'chart', '--values', 'test/e2e/expand-contract/values.yaml'],
      ...['--set-string', `workloads.web.image.tag=${release}`, '--wait', '--timeout', '3m'],
    ])
  const ready = (): Promise<string[]> => settledPods(stage.namespace, isReady)
  const expectServed = (release: Release): Promise<void> =>
    expectRolledTo(release, { shop: { pods: () => settledPods(stage.namespace) }, traffic: stage.traffic })
  const said = (): Promise<string> =>
    stage.namespace.kubectl('logs', 'job/waiverdb-migrator', '--container', 'migrator')
  const revision = async (): Promise<string> =>
    (await stage.postgres.query('select version_num from alembic_version'))[0]?.version_num
  const count = async (condition: string): Promise<number> =>
    Number((await stage.postgres.query(`select count(*) from waiver where ${condition}`))[0]?.count)

  /** Waives a test of a build through the web; returns what the web answers. */
  const waive = (build: string): Promise<object> => {
    const waiver = { subject_type: 'koji_build', subject_identifier: build, testcase: 'dist.rpmlint' }
    return serviceOf(stage.namespace, 'waiverdb-web').post('/api/v1.0/waivers/', waiver)
  }
  const newest = async (): Promise<unknown> =>
    (await serviceOf(stage.namespace, 'waiverdb-web').get<{ data: unknown[] }>('/api/v1.0/waivers/')).data[0]

  test('a migration that fails leaves what was applied before it, each in its own transaction; old pods serve', async () => {
    const { code, output } = await roll('1')
    expect(code, output).toBe(0)
    await expectServed('1')
    await stage.postgres.query(
      `insert into waiver (subject, testcase)
       select jsonb_build_object('type', 'koji_build', 'item', 'old-' || n), 'dist.rpmlint' from generate_series(1, ${old}) n`,
    )
    const pods = await ready()
    const failed = await roll('2-broken')
    expect(failed.code).not.toBe(0)
    expect(failed.output).toContain('subject_identifer')
    expect(await revision()).toBe('0002')
    expect(await count('subject_type is not null')).toBe(0)
    expect(await ready()).toEqual(pods)
    await expectServedBy(stage.traffic, '1', pods)
  })

  test('expanded, the schema suits the old version: it writes what the new one will read', async () => {
    expect(await waive('by-version-1')).toMatchObject({ subject_identifier: 'by-version-1' })
    expect(await count(`subject_identifier = 'by-version-1'`)).toBe(1)
  })

  test('a backfill of Lotse does the data migration in SQL, batch by batch, while the old version serves', async () => {
    // Counts the rows of each batch.
    await stage.postgres.query(`
      create table batches (rows int);
      create function note() returns trigger language plpgsql as 'begin insert into batches select count(*) from changed; return null; end';
      create trigger note after update on waiver referencing new table as changed for each statement execute function note()`)
    await stage.namespace.kubectl('create', 'job', 'fill', '--from=cronjob/waiverdb-migrator-fill')
    const ended = async (): Promise<string> =>
      stage.namespace.kubectl('get', 'job/fill', '-o', 'jsonpath={.status.conditions[*].type}')
    await until('the Job has ended', async () => /Complete|Failed/.test(await ended()))
    const log = await stage.namespace.kubectl('logs', 'job/fill', '--container', 'migrator')
    expect(await ended(), log).toMatch(/Complete/)
    expect(log).toContain(`Backfill 0003_fill_subject is through: 2,501 rows seen, 2,500 changed`)
    expect(await count('subject_type is null')).toBe(0)
    const [batches] = await stage.postgres.query('select max(rows) as most, sum(rows)::int as rows from batches')
    expect(batches).toEqual({ most: expect.any(Number), rows: old })
    expect(batches?.most).toBeLessThan(old)
    expect(await stage.postgres.query('select name, state from lotse_data')).toEqual([
      { name: '0003_fill_subject', state: 'applied' },
    ])
    expect(await revision()).toBe('0002')
    await expectServedBy(stage.traffic, '1', await ready())
    // As many waivers again for Alembic's own data migration, as they were before the trigger.
    await stage.postgres.query(`
      drop trigger note on waiver; drop function note; drop table batches;
      alter table waiver disable trigger waiver_subject_in_step;
      insert into waiver (id, subject, testcase)
        select -n, jsonb_build_object('type', 'koji_build', 'item', 'older-' || n), 'dist.rpmlint' from generate_series(1, ${old}) n;
      alter table waiver enable trigger waiver_subject_in_step`)
  })

  test('corrected, it goes on with the data migration, which is one of its own and changes no schema', async () => {
    const schema = await stage.postgres.schema()
    const { code, output } = await roll('2')
    expect(code, output).toBe(0)
    const log = await said()
    // Alembic writes to one stream and the migration to another; a busy node may mix them.
    expect(log.match(/Running upgrade .*/g)).toEqual([expect.stringContaining('0002 -> 0003, data: ')])
    expect(log.match(/filled .*/g)).toEqual(['filled 1000 waivers', 'filled 1000 waivers', 'filled 500 waivers'])
    expect(await stage.postgres.schema()).toBe(schema)
    expect(await count('subject_type is null')).toBe(0)
    await expectServed('2')
    expect(await newest()).toMatchObject({ subject_type: 'koji_build', subject_identifier: 'by-version-1' })
  })

  test('the new version writes what the old one would read', async () => {
    await waive('by-version-2')
    expect(await count(`subject = '{"type": "koji_build", "item": "by-version-2"}'`)).toBe(1)
  })

  test('run a second time, the migrations of a version change nothing', async () => {
    const [schema, pods] = [await stage.postgres.schema(), await ready()]
    const { code, output } = await roll('2')
    expect(code, output).toBe(0)
    expect(await said()).not.toContain('Running upgrade')
    expect(await stage.postgres.schema()).toBe(schema)
    expect(await ready()).toEqual(pods)
  })

  test('the release after contracts, while pods of the one before serve', async () => {
    const { code, output } = await roll('3')
    expect(code, output).toBe(0)
    expect(await stage.postgres.schema()).not.toContain('"column_name":"subject"')
    await expectServed('3')
  })

  test('back to the previous image: its migrator and its gate leave the newer schema alone, and it reads and writes', async () => {
    const { code, output } = await roll('2')
    expect(code, output).toBe(0)
    expect(await said()).toContain('the schema is newer than this image and stays as it is')
    expect(await revision()).toBe('0004')
    await expectServed('2')
    expect(await newest()).toMatchObject({ subject_identifier: 'by-version-2' })
    expect(await waive('after-the-contract')).toMatchObject({ subject_identifier: 'after-the-contract' })
  })
})
