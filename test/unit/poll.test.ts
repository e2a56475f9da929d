import { expect, test } from 'vitest'
import { type Look, poll } from '../../hook/poll.ts'

const never = new AbortController().signal
const waiting = (state: string): Look<string, string> => ({ kind: 'waiting', state })

test('looks until something is found, and says so the first time that it is not', async () => {
  const looks: Look<string, string>[] = [waiting('closed'), waiting('closed'), { kind: 'found', value: 'open' }]
  const said: string[] = []
  const wait = { budget: 10_000, signal: never, pause: () => 1, report: (state: string) => void said.push(state) }
  expect(await poll(wait, async () => looks.shift() ?? waiting('none'))).toMatchObject({ kind: 'found', value: 'open' })
  expect(said).toEqual(['closed'])
})

test('gives up when the budget leaves no room for another look, with what it saw last', async () => {
  const pauses: number[] = []
  const pause = (looks: number): number => {
    pauses.push(looks)
    return looks < 3 ? 1 : 60_000
  }
  const left: number[] = []
  const look = async (milliseconds: number): Promise<Look<string, string>> => {
    left.push(milliseconds)
    return waiting(`look ${left.length}`)
  }
  const ended = await poll({ budget: 5_000, signal: never, pause, report: () => {} }, look)
  expect(ended).toMatchObject({ kind: 'timeout', state: 'look 3' })
  expect(pauses).toEqual([1, 2, 3])
  expect(left).toEqual([...left].sort((a, b) => b - a))
  expect(left[0]).toBeLessThanOrEqual(5_000)
})

test('throws what a look throws, and the reason of the signal', async () => {
  const wait = { budget: 10_000, signal: never, pause: () => 1, report: () => {} }
  await expect(poll(wait, () => Promise.reject(new Error('forbidden')))).rejects.toThrow('forbidden')
  const stop = new AbortController()
  const aborting = poll(
    { ...wait, signal: stop.signal, pause: () => 60_000, budget: Number.POSITIVE_INFINITY },
    async () => {
      setTimeout(() => stop.abort(new Error('stopped')), 5)
      return waiting('closed')
    },
  )
  await expect(aborting).rejects.toThrow('stopped')
})
