import { describe, expect, test } from 'vitest'
import { selectorText } from '../../hook/cluster/deployments.ts'
import type { Event } from '../../hook/event.ts'
import { judgeRollout, otherVersion, type Seen } from '../../hook/finish/rollout.ts'
import { announce } from '../../hook/report/kubernetes-event.ts'
import { sentence } from '../../hook/report/sentences.ts'

const version = 'c3d4'
const pod = (name: string, template: string | undefined = 'new', terminating = false) => ({
  name,
  template,
  terminating,
})
const pods = [pod('web-1'), pod('web-2'), pod('web-3')]
const old = (name: string) => pod(name, 'old', true)
/** Three pods of this version, and nothing else. */
const complete: Seen = {
  name: 'web',
  uid: 'u1',
  revision: '7',
  version,
  deleted: false,
  generation: 4,
  observed: 4,
  wanted: 3,
  replicas: 3,
  updated: 3,
  available: 3,
  selector: 'app=web',
  pods,
}
const none: Partial<Seen> = { wanted: 0, replicas: 0, updated: 0, available: 0, pods: [] }
const belongs = 'this finisher belongs to c3d4'

describe('what proves a rollout, and what does not', () => {
  test.each<[string, Partial<Seen>, string | undefined]>([
    ['it is complete', {}, undefined],
    ['Kubernetes has acted on more than the last change', { observed: 5 }, undefined],
    ['pods of this version go, as after scaling down', { pods: [...pods, pod('web-4', 'new', true)] }, undefined],
    ['it is scaled to nothing', none, undefined],

    ['another version', { version: 'a1b2' }, `Deployment web carries version a1b2, ${belongs}`],
    [
      'no version',
      { version: undefined },
      `Deployment web carries no version (annotation lotse/version of its pod template), ${belongs}`,
    ],
    [
      'an empty version',
      { version: '' },
      `Deployment web carries no version (annotation lotse/version of its pod template), ${belongs}`,
    ],
    ['another version, complete and scaled to nothing', { ...none, version: 'a1b2' }, `Deployment web carries version`],
    ['it is being deleted', { deleted: true }, 'Deployment web is being deleted'],

    [
      'its change is not seen yet',
      { observed: 3 },
      'Deployment web: Kubernetes has not acted on its latest change yet',
    ],
    ['nothing was ever seen', { observed: 0 }, 'Deployment web: Kubernetes has not acted on its latest change yet'],
    ['scaled to nothing, not seen yet', { ...none, observed: 3 }, 'Deployment web: Kubernetes has not acted'],

    ['no pod is new', { updated: 0 }, 'Deployment web: 0 of 3 pods are new'],
    ['one pod is new', { updated: 1 }, 'Deployment web: 1 of 3 pods is new'],
    ['two pods are new', { updated: 2, replicas: 4 }, 'Deployment web: 2 of 3 pods are new'],
    ['the only pod is not new', { wanted: 1, updated: 0, replicas: 1, available: 1 }, '0 of 1 pods are new'],
    ['an old pod serves beside them', { replicas: 4 }, 'Deployment web: 1 pod of an older version left'],
    ['old pods serve beside them', { replicas: 5, available: 5 }, 'Deployment web: 2 pods of an older version left'],
    ['old pods, none wanted', { ...none, replicas: 2 }, 'Deployment web: 2 pods of an older version left'],
    ['more than wanted', { replicas: 4, updated: 4, available: 4 }, 'Deployment web has 4 pods, and wants 3'],
    ['new pods, none wanted', { ...none, replicas: 1, updated: 1 }, 'Deployment web has 1 pod, and wants 0'],
    ['fewer than wanted', { replicas: 2 }, 'Deployment web has 2 pods, and wants 3'],
    ['none is available', { available: 0 }, 'Deployment web: 0 of 3 pods are available'],
    ['one is not available', { available: 2 }, 'Deployment web: 2 of 3 pods are available'],
    ['more are available than wanted', { available: 4 }, 'Deployment web: 4 of 3 pods are available'],
    ['nothing has any pod yet', { replicas: 0, updated: 0, available: 0, pods: [] }, '0 of 3 pods are new'],

    // The counts of a Deployment leave out what is terminating.
    ['an old pod goes', { pods: [...pods, old('web-0')] }, 'pod web-0 of an older version is still terminating'],
    [
      'many old pods go',
      { pods: [...pods, old('a'), old('b'), old('c'), old('d'), old('e')] },
      'pods a, b, c and 2 more of an older version are still terminating',
    ],
    ['none is wanted, one goes', { ...none, pods: [old('web-0')] }, 'pod web-0 is still terminating'],
    ['none is wanted, one serves', { ...none, pods: [pod('web-0')] }, 'Deployment web has 1 pod, and wants 0'],
    // They may be behind, too: what they count is gone, and what goes is old.
    [
      'only old pods are there, and they go',
      { wanted: 1, replicas: 1, updated: 1, available: 1, pods: [old('web-0')] },
      'Deployment web has 0 pods, and wants 1',
    ],
    ['a pod is gone', { pods: pods.slice(1) }, 'Deployment web has 2 pods, and wants 3'],
    [
      'a new pod goes, its successor is not there',
      { pods: [...pods.slice(1), pod('web-1', 'new', true)] },
      'has 2 pods',
    ],
    ['no pod at all', { pods: [] }, 'Deployment web has 0 pods, and wants 3'],
    ['a pod more', { pods: [...pods, pod('web-4')] }, 'Deployment web has 4 pods, and wants 3'],
    [
      'an old pod serves, and the counts do not know it',
      { pods: [...pods.slice(1), pod('web-0', 'old')] },
      'Deployment web has pods of 2 templates: pods web-2, web-3, web-0',
    ],
    [
      'a pod of nobody',
      { pods: [...pods, { ...pod('stray'), template: undefined }] },
      'pod stray, matched by the selector of Deployment web, has no label pod-template-hash',
    ],
    [
      'a pod of nobody goes',
      { pods: [...pods, { ...pod('stray'), template: undefined, terminating: true }] },
      'pod stray, matched by the selector of Deployment web, has no label',
    ],
  ])('%s', (_, change, reason) => {
    const verdict = judgeRollout([{ ...complete, ...change }], [], version)
    if (reason === undefined) expect(verdict).toEqual({ kind: 'proven', rollout: 'u1:7' })
    else expect(verdict).toEqual({ kind: 'unproven', reasons: [expect.stringContaining(reason)] })
  })

  test('every Deployment counts, and each says its reason', () => {
    const worker: Seen = { ...complete, name: 'worker', uid: 'u0', revision: '2' }
    expect(judgeRollout([complete, worker], [], version)).toEqual({ kind: 'proven', rollout: 'u0:2,u1:7' })
    expect(
      judgeRollout(
        [
          { ...complete, updated: 1 },
          { ...worker, available: 0 },
        ],
        ['one is absent'],
        version,
      ),
    ).toEqual({
      kind: 'unproven',
      reasons: ['one is absent', 'Deployment web: 1 of 3 pods is new', 'Deployment worker: 0 of 3 pods are available'],
    })
    expect(judgeRollout([complete], ['no Deployment matches app=api'], version)).toEqual({
      kind: 'unproven',
      reasons: ['no Deployment matches app=api'],
    })
    expect(judgeRollout([], [], version).kind).toBe('unproven')
  })

  test('another rollout has another name, whatever its order, and scaling keeps it', () => {
    const nameOf = (seen: readonly Seen[]): unknown => {
      const verdict = judgeRollout(seen, [], version)
      return verdict.kind === 'proven' && verdict.rollout
    }
    const worker: Seen = { ...complete, name: 'worker', uid: 'u2' }
    expect(nameOf([worker, complete])).toBe(nameOf([complete, worker]))
    expect(nameOf([{ ...complete, ...none, generation: 5, observed: 5 }])).toBe(nameOf([complete]))
    expect(nameOf([{ ...complete, revision: '8' }])).not.toBe(nameOf([complete]))
    expect(nameOf([{ ...complete, uid: 'u9' }])).not.toBe(nameOf([complete]))
  })
})

test('another version is told apart from a rollout that is merely incomplete', () => {
  const other = (change: Partial<Seen>) => otherVersion([complete, { ...complete, name: 'worker', ...change }], version)
  expect(other({})).toBe(undefined)
  expect(other({ updated: 0, available: 0, deleted: true, observed: 0, pods: [] })).toBe(undefined)
  expect(otherVersion([], version)).toBe(undefined)
  expect(other({ version: 'a1b2' })).toBe('Deployment worker carries version a1b2')
  expect(other({ version: undefined })).toContain('Deployment worker carries no version')
})

test.each([
  [{ matchLabels: { app: 'web', tier: 'front' } }, 'app=web,tier=front'],
  [
    {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'env', operator: 'NotIn', values: ['dev'] },
        { key: 'live', operator: 'Exists' },
        { key: 'dead', operator: 'DoesNotExist' },
      ],
    },
    'app=web,tier in (a,b),env notin (dev),live,!dead',
  ],
  [{}, ''],
])('a selector of pods as text: %j', (selector, text) => {
  expect(selectorText(selector)).toBe(text)
})

describe('what people read', () => {
  const waiting: Event = {
    event: 'rollout.waiting',
    version,
    reasons: ['Deployment web: 1 of 3 pods is new', 'pod api-0 of an older version is still terminating'],
    elapsed: 12_000,
    budget: 600_000,
  }
  const [until, soak] = ['2026-11-27 13:00:05', 3_600_000]
  const soaking = { event: 'rollout.soaking', version, until, soak, left: 60_000 } as const
  const superseded: Event = {
    event: 'rollout.superseded',
    version,
    found: `Deployment web carries version a1b2 now, ${belongs}`,
  }

  test('in the log', () => {
    expect(sentence(waiting, 'chart')).toBe(
      'Waiting for the rollout of version c3d4 (12 s of 10 min):\n  Deployment web: 1 of 3 pods is new\n  pod api-0 of an older version is still terminating',
    )
    expect(sentence({ event: 'rollout.proven', version, elapsed: 1 }, 'chart')).toBe(
      'The rollout of version c3d4 is complete, and no pod of an older version is left',
    )
    expect(sentence({ ...soaking, waits: false }, 'chart')).toBe(
      'Rollback stays possible until 2026-11-27 13:00:05 UTC (soak 1 h); the finisher looks again',
    )
    expect(sentence({ ...soaking, waits: true }, 'chart')).toMatch(/; waiting for that$/)
    expect(sentence(superseded, 'chart')).toBe(
      `Deployment web carries version a1b2 now, ${belongs}. It stops here: what is done is kept, and what comes next is up to the finisher of that version`,
    )
    expect(
      sentence(
        { event: 'run.finished', reason: 'Applied', names: ['a'], because: 'superseded: x', elapsed: 1 },
        'chart',
      ),
    ).toBe('Applied 1 migration in 1 ms; superseded: x')
  })

  test('as Kubernetes Events: what is waited for is told once, whatever its figures', () => {
    expect(announce(waiting)).toMatchObject({ type: 'Normal', reason: 'RolloutWaiting', once: 'rollout.waiting' })
    expect(announce({ event: 'rollout.proven', version, elapsed: 1 })?.reason).toBe('RolloutProven')
    expect(announce({ ...soaking, waits: false })?.reason).toBe('RolloutSoaking')
    expect(announce(superseded)?.reason).toBe('RolloutSuperseded')
    const holding = (...reasons: string[]) => announce({ event: 'backfill.holding', name: 'fill', reasons, elapsed: 1 })
    expect(holding('replica a is 12 s behind')).toMatchObject({
      reason: 'BackfillHolding',
      message: 'fill holding: replica a is 12 s behind',
    })
    expect(holding('replica a is 12 s behind')?.once).toBe(holding('replica a is 7 s behind')?.once)
    expect(holding('replica a is 12 s behind')?.once).not.toBe(holding('the table is vacuumed')?.once)
    const finished = { event: 'run.finished', reason: 'UpToDate', names: [], elapsed: 1 } as const
    expect(announce(finished)?.reason).toBe('UpToDate')
    expect(announce({ ...finished, routine: true })).toBe(undefined)
  })
})
