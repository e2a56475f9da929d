import { setTimeout as delay } from 'node:timers/promises'
import type { CoreV1Event } from '@kubernetes/client-node'
import type { EventTarget } from '../config/cluster.ts'
import type { Emit } from '../event.ts'
import { type Announcement, announce } from '../report/kubernetes-event.ts'
import { type Connection, connectCluster, problemOf } from './connection.ts'

export type Poster = {
  /** Posts what is worth an Event, in its order, while the run goes on. */
  readonly post: Emit
  /** Resolves when everything is posted, or after 5 s. */
  readonly settled: () => Promise<void>
}

const timeout = 5_000

/**
 * Posts Kubernetes Events on the Job, with no other permission than to create them. One that cannot be posted changes nothing:
 * it costs one line in the log, and at most 5 s at the end of the run.
 */
export function makePoster(target: EventTarget, log: Emit): Poster {
  let connection: Promise<Connection> | undefined
  let queue = Promise.resolve()
  let warned = false
  const told = new Set<string>()
  const warn = (error: unknown): void => {
    const { status, message } = problemOf(error)
    const remedy = status === 403 ? "; let the migrator's ServiceAccount create events in its namespace" : ''
    if (!warned) log({ event: 'events.failed', error: `${message}${remedy}` })
    warned = true
  }
  const send = async (announcement: Announcement, at: Date): Promise<void> => {
    connection ??= connectCluster()
    const { core, within } = await connection
    await core.createNamespacedEvent(
      { namespace: target.namespace, body: bodyOf(target, announcement, at) },
      within(timeout),
    )
  }
  return {
    post: (event) => {
      const announcement = announce(event)
      if (!announcement || (announcement.once && told.has(announcement.once))) return
      if (announcement.once) told.add(announcement.once)
      const at = new Date()
      queue = queue.then(() => send(announcement, at)).catch(warn)
    },
    settled: async () => {
      const late = delay(timeout, new Error(`the Kubernetes API did not answer within ${timeout / 1_000} s`))
      const error = await Promise.race([queue, late])
      if (error) warn(error)
    },
  }
}

/** `kubectl describe job` shows the Events whose involvedObject has the Job's uid. */
function bodyOf(target: EventTarget, { type, reason, message }: Announcement, at: Date): CoreV1Event {
  const { job, uid, namespace, pod } = target
  return {
    metadata: { generateName: `${job}.`, namespace },
    involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name: job, namespace, uid },
    type,
    reason,
    message,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    source: { component: 'lotse' },
    reportingComponent: 'lotse',
    reportingInstance: pod ?? job,
  }
}
