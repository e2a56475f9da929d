import { expect } from 'vitest'
import type { Traffic } from './traffic.ts'

/** No request has failed since the first answer. */
export async function expectNoFailure(traffic: Traffic): Promise<void> {
  expect((await traffic.figures()).failures.join('\n')).toBe('')
}

/** These pods of this version answer, all of them and no others, and no request has failed. */
export async function expectServedBy(traffic: Traffic, version: string, pods: readonly string[]): Promise<void> {
  expect(await traffic.next(60)).toEqual({ versions: [version], pods })
  await expectNoFailure(traffic)
}
