import { describe, expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { shopOf } from '../../support/opening.ts'
import { endsOfGates, podsIn } from '../../support/pods.ts'

describe('the gate asks the database', () => {
  const shop = shopOf('gate')

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

  test('in job mode, gate and migrator wait for a Secret that is made later, say so, and the old pods serve', async () => {
    const pods = await shop.ready()
    const late = ['--set', 'migrations.mode=job,database.existingSecret.name=late']
    const { code, output } = await shop.roll('upgrade', '3', ...late)
    expect(code, output).toBe(0)
    const logs = (component: string, container: string): Promise<string> =>
      shop.namespace
        .kubectl('logs', '-l', `app.kubernetes.io/component=${component}`, '-c', container, '--tail=-1')
        .catch(() => 'not started yet')
    const sentence = `DATABASE_URL is to come from the key \`url\` of Secret ${shop.namespace.name}/late, which does not exist`
    await until('the migrator says so', async () => (await logs('migrator', 'migrator')).includes(sentence))
    await until('a gate says so', async () => (await logs('web', 'gate')).includes(sentence))
    expect(await shop.ready()).toEqual(pods)
    const url = JSON.parse(await shop.namespace.kubectl('get', 'secret', 'shop-database', '-o', 'json')).data.url
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'late' }, data: { url } }
    await shop.namespace.apply(JSON.stringify(secret))
    await shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=240s')
    expect(await logs('migrator', 'migrator')).toContain('Applied 1 migration in')
    expect(await shop.ready()).not.toEqual(pods)
  })
})
