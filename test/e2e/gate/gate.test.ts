import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { endsOfGates, podsIn } from '../../support/pods.ts'
import { openShop, type Shop } from '../../support/shop.ts'

describe('the gate asks the database', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop('gate')
  })
  afterAll(() => shop?.namespace.delete())

  test('while nobody has migrated it holds the pods, says what is missing, and ends with 25 when its time is over', async () => {
    const manual = ['--set', 'migrations.enabled=false', '--set', 'gate.timeout=20s']
    const { code, output } = await shop.roll('install', '2', ...manual)
    expect(code, output).toBe(0)
    expect(output).toContain('migrations.enabled is false: nothing has migrated the database for this release.')
    const { exitCode, message } = await until(
      'the gate gives up',
      async () => endsOfGates(await podsIn(shop.namespace, 'app.kubernetes.io/component=web'))[0],
    )
    expect(exitCode).toBe(25)
    expect(message).toMatch(/^WaitTimeout: database shop at postgres:5432 still lacks 3 migrations after 20 s\n/)
    for (const name of ['001_products', '002_price', '003_price_index']) expect(message).toContain(name)
    expect(await shop.ready()).toEqual([])
  })

  test('the command that the notes tell makes the very Job, and the pods start', async () => {
    const notes = (await shop.helm(['get', 'notes', 'shop'])).stdout
    const [, args = ''] = /on demand {2}kubectl (-n \S+ create job .+)$/m.exec(notes) ?? []
    await shop.namespace.kubectl(...args.split(' '))
    await shop.namespace.kubectl('wait', '--for=condition=Complete', 'job/migrate-now', '--timeout=60s')
    expect(await shop.namespace.kubectl('logs', 'job/migrate-now')).toContain('Applied 3 migrations in')
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=120s')
  })

  test('a pod that is scheduled anew long after the Job is gone starts', async () => {
    await shop.namespace.kubectl('delete', 'jobs', '--all')
    const before = await shop.ready()
    await shop.namespace.kubectl('delete', 'pods', '-l', 'app.kubernetes.io/component=web')
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=60s')
    const after = await shop.ready()
    expect(after).toHaveLength(2)
    expect(after.filter((name) => before.includes(name))).toEqual([])
  })

  test('a migrator of another role lets the role of the pods read the history', async () => {
    await shop.postgres.query(`create role reader login password 's3cret'`)
    await shop.namespace.kubectl('create', 'secret', 'generic', 'reader', '--from-literal=password=s3cret')
    const { code, output } = await shop.roll('upgrade', '2', '--wait', '--values', 'test/e2e/gate/two-roles.yaml')
    expect(code, output).toBe(0)
  })
})
