import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helmIn } from '../../support/helm.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'

describe('Jobs that a person starts, as the recipes say', () => {
  let namespace: Namespace
  let postgres: KubePostgres
  beforeAll(async () => {
    namespace = await createNamespace('by-hand')
    postgres = await startKubePostgres(namespace)
    for (const [name, folder] of [
      ['shop-migrations', 'migrations'],
      ['shop-data', 'data-migrations'],
    ])
      await namespace.kubectl('create', 'configmap', `${name}`, `--from-file=test/e2e/by-hand/${folder}`)
    const values = ['--values', 'test/e2e/by-hand/values.yaml']
    const { code, output } = await helmIn(namespace)(['install', 'shop', 'chart', ...values])
    expect(code, output).toBe(0)
  })
  afterAll(() => namespace?.delete())

  /** Types the one command of the recipes that makes this Job, and waits until that is complete; returns its log. */
  const type = async (job: string): Promise<string> => {
    const text = readFileSync('chart/recipes.md', 'utf8').replaceAll('\\\n', ' ')
    const [command, ...others] = text.match(new RegExp(`kubectl create job ${job} [^\`\n]+`, 'g')) ?? []
    expect(others).toEqual([])
    await namespace.type(command ?? `echo there is no ${job}; false`)
    await namespace.kubectl('wait', '--for=condition=Complete', `job/${job}`, '--timeout=60s')
    return namespace.kubectl('logs', `job/${job}`)
  }
  const columns = async (): Promise<string[]> =>
    (
      await postgres.query(
        `select column_name from information_schema.columns where table_name = 'products' order by 1`,
      )
    ).map(({ column_name }) => column_name)

  test('the migrator', async () => {
    expect(await type('migrate-1-4-0')).toContain('Applied 3 migrations in')
    expect(await postgres.applied()).toEqual(['001_products', '002_price', '003_discount'])
  })

  test('a task with a folder and a history of its own, which the migrator does not miss', async () => {
    expect(await type('data-1-4-0')).toContain('Applied 1 migration in')
    expect(await postgres.query('select count(price)::int as filled from products')).toEqual([{ filled: 100 }])
    expect(await postgres.query('select name from lotse_data')).toEqual([{ name: '001_fill_price' }])
    expect(await postgres.applied()).toEqual(['001_products', '002_price', '003_discount'])
    expect(await type('again')).toContain('UpToDate')
  })

  test('back to an earlier migration, which stays the newest', async () => {
    expect(await type('back-to-002')).toContain('Reverted 1 migration')
    expect(await postgres.applied()).toEqual(['001_products', '002_price'])
    expect(await columns()).toEqual(['id', 'name', 'price'])
  })
})
