import { expect } from 'vitest'
import { until } from './command.ts'
import type { Shop } from './shop.ts'
import type { Traffic } from './traffic.ts'

/** No request has failed since the first answer. */
export async function expectNoFailure(traffic: Traffic): Promise<void> {
  expect((await traffic.figures()).failures.join('\n')).toBe('')
}

/** So many answers that hardly ever one of so many pods has given none of them: each request goes to any pod. */
export function enoughFor(pods: readonly string[]): number {
  return Math.max(60, 20 * pods.length)
}

/** These pods of this version answer, all of them and no others, and no request has failed. */
export async function expectServedBy(traffic: Traffic, version: string, pods: readonly string[]): Promise<void> {
  expect(await traffic.next(enoughFor(pods))).toEqual({ versions: [version], pods })
  await expectNoFailure(traffic)
}

/** The application has rolled to this version: it answers, from all its pods and from no other, and no request has failed. */
export async function expectRolledTo(version: string, { shop, traffic }: Served): Promise<void> {
  const pods = await shop.pods()
  // A pod that is ready gets its first request when kube-proxy has heard of it.
  await until('all pods answer', async () => (await traffic.next(30)).pods.join() === pods.join())
  await expectServedBy(traffic, version, pods)
}

type Served = { readonly shop: Pick<Shop, 'pods'>; readonly traffic: Traffic }
