import { describe, expect, test } from 'vitest'
import { shopOf } from '../../support/opening.ts'
import { rightsOf } from '../../support/rights.ts'

describe('each ServiceAccount may do what the chart says, and nothing else', () => {
  const shop = shopOf('privileges')

  const own = (account: string): Promise<string[]> => rightsOf(shop.namespace, account)
  const accounts = async (): Promise<string[]> => {
    const names = await shop.namespace.kubectl('get', 'serviceaccounts', '-o', 'jsonpath={.items[*].metadata.name}')
    return names
      .split(' ')
      .filter((name) => name !== 'default')
      .sort()
  }

  test('by default none may do anything, and no container has a token', async () => {
    const { code, output } = await shop.roll('install', '1', '--wait')
    expect(code, output).toBe(0)
    expect(await accounts()).toEqual(['shop', 'shop-migrator', 'shop-migrator-job'])
    for (const account of await accounts()) expect(await own(account)).toEqual([])
    const pods = JSON.parse(
      await shop.namespace.kubectl('get', 'pods', '-l', 'app.kubernetes.io/instance=shop', '-o', 'json'),
    )
    expect(JSON.stringify(pods)).not.toContain('serviceAccountToken')
  })

  test('with events the migrator may create them; with gate.check job the pods may read that Job and pod logs', async () => {
    const { code, output } = await shop.roll(
      'upgrade',
      '1',
      '--wait',
      '--set',
      'migrations.events=true',
      '--set',
      'gate.check=job',
    )
    expect(code, output).toBe(0)
    expect(await own('shop-migrator')).toEqual(['events [] [] [create]'])
    expect(await own('shop-migrator-job')).toEqual(['events [] [] [create]'])
    expect(await own('shop')).toEqual([
      'jobs.batch [] [shop-migrator] [get]',
      'pods [] [] [list]',
      'pods/log [] [] [get]',
    ])
  })
})
