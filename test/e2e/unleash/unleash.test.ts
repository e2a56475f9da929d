import { describe, expect, test } from 'vitest'
import { type Result, until } from '../../support/command.ts'
import { startKubePostgres } from '../../support/kube-postgres.ts'
import { opening, openStage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { expectNoFailure } from '../../support/served.ts'
import { serviceOf } from '../../support/service.ts'

type Release = '7.6.5' | '8.2.0'
type Flag = { readonly name: string; readonly type: string }

const api = 'http://unleash-web/api/admin'
/** An index that somebody who watched slow queries has made by hand, under the name that 8.2.0 gives its own. */
const byHand = 'personal_access_tokens_user_id_idx'

describe('Unleash: two of its releases, migrated by db-migrate in a hook instead of at the start of each server', () => {
  const stage = opening(async (closing) => {
    const urls = [`${api}/ui-config`, `${api}/context`]
    return openStage(closing, 'unleash', urls, async (namespace) => {
      const postgres = await startKubePostgres(namespace)
      const password = decodeURIComponent(new URL(postgres.url).password)
      await namespace.kubectl('create', 'secret', 'generic', 'unleash-database', `--from-literal=password=${password}`)
      return postgres
    })
  })

  const roll = (release: Release): Promise<Result> =>
    stage.helm([
      ...['upgrade', '--install', 'unleash', 'chart', '--values', 'test/e2e/unleash/values.yaml'],
      ...['--set-string', `workloads.web.image.tag=${release}`, '--wait', '--timeout', '3m'],
    ])
  const ready = (): Promise<string[]> => settledPods(stage.namespace, isReady)
  const said = (): Promise<string> => stage.namespace.kubectl('logs', 'job/unleash-migrator', '--container', 'migrator')
  const applied = async (): Promise<number> =>
    Number((await stage.postgres.query('select count(*) from migrations'))[0]?.count)
  const create = (name: string, type: string): Promise<Flag> =>
    serviceOf(stage.namespace, 'unleash-web').post('/api/admin/projects/default/features', { name, type })
  const flags = async (): Promise<Flag[]> => {
    const path = '/api/admin/projects/default/features'
    return (await serviceOf(stage.namespace, 'unleash-web').get<{ features: Flag[] }>(path)).features
  }
  /** Pods of this release answer and no others, and no request has failed since the first answer. */
  const expectServed = async (release: Release): Promise<void> => {
    await ready()
    await until(`only ${release} answers`, async () => (await stage.traffic.next(30)).versions.join() === release)
    await expectNoFailure(stage.traffic)
  }

  test('installs 7.6.5: its 384 migrations are applied before a server starts, which applies none', async () => {
    const { code, output } = await roll('7.6.5')
    expect(code, output).toBe(0)
    expect((await said()).match(/Processed migration/g)).toHaveLength(384)
    expect(await applied()).toBe(384)
    await expectServed('7.6.5')
    expect(await create('of-7', 'release')).toMatchObject({ name: 'of-7' })
  })

  test('a migration of 8.2.0 that fails aborts the upgrade, with what db-migrate said; the servers of 7.6.5 go on', async () => {
    await stage.postgres.query(`create index ${byHand} on personal_access_tokens (user_id)`)
    const pods = await ready()
    const { code, output } = await roll('8.2.0')
    expect(code).not.toBe(0)
    // Helm 4 quotes the migrator's log.
    expect(output.replaceAll('\\"', '"')).toContain(`relation "${byHand}" already exists`)
    expect(await applied()).toBe(384 + 9)
    expect(await ready()).toEqual(pods)
    expect(await create('of-7-between', 'release')).toMatchObject({ name: 'of-7-between' })
    await expectServed('7.6.5')
  })

  test('once that is out of the way it goes on where it stopped, and no request fails', async () => {
    await stage.postgres.query(`drop index ${byHand}`)
    const { code, output } = await roll('8.2.0')
    expect(code, output).toBe(0)
    expect((await said()).match(/Processed migration \d+/g)).toEqual([
      'Processed migration 20260806120000',
      'Processed migration 20260817100000',
      'Processed migration 20260825190000',
      'Processed migration 20260902120000',
    ])
    await expectServed('8.2.0')
    expect(await create('of-8', 'sunset')).toMatchObject({ name: 'of-8' })
    expect((await flags()).map(({ name }) => name).sort()).toEqual(['of-7', 'of-7-between', 'of-8'])
  })

  test('back to 7.6.5: db-migrate leaves the newer schema alone, and the old servers read what the new ones wrote', async () => {
    const { code, output } = await roll('7.6.5')
    expect(code, output).toBe(0)
    expect(await said()).toContain('No migrations to run')
    await expectServed('7.6.5')
    expect((await flags()).find(({ name }) => name === 'of-8')).toMatchObject({ type: 'sunset' })
  })
})
