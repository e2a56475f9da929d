import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../support/command.ts'
import { openSlow, type Slow } from '../overlap/slow.ts'

// Alone on the node: whatever else runs there would miss its kubelet too.
let slow: Slow
beforeAll(async () => {
  slow = await openSlow()
})
afterAll(() => slow?.namespace.delete())

test("the node's kubelet goes away in the middle of a migration, and comes back", async () => {
  const upgrading = slow.upgrade('3m')
  await slow.running()
  await must('test/cluster/restart.sh', ['kubelet', '8'])
  await slow.goOn()
  const { code, output } = await upgrading
  expect(code, output).toBe(0)
  await slow.expectWhole()
})
