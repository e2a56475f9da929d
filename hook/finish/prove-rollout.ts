import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, connectCluster } from '../cluster/connection.ts'
import { readDeployments, readPods, unlessUnreachable } from '../cluster/deployments.ts'
import type { Rollout } from '../config/cluster.ts'
import { formatDuration } from '../config/duration.ts'
import type { HistoryTable } from '../database/lock.ts'
import { forgetProven, noteProven, type ProvenRollout } from '../database/rollout.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'
import { judgeRollout, otherVersion, type Verdict } from './rollout.ts'

/** The rollout that a finisher waits for. */
export type Proof = {
  /**
   * Waits until the rollout is complete and its soak is over; returns the soak where that outlasts the wait.
   * Throws WaitTimeout with what is not proven, ConfigInvalid without permission, Superseded once it was complete and carries another version now.
   */
  readonly wait: (session: Session, table: HistoryTable) => Promise<ProvenRollout | undefined>
  /** The same without a database: waits for the whole soak, by its own clock. Another version is waited for like what is incomplete. */
  readonly waitAlone: () => Promise<void>
  /** Looks once whether it still is what `wait` has waited for. Throws ConfigInvalid and Superseded. */
  readonly holds: () => Promise<boolean>
  /** Throws Superseded when the Deployments carry another version by now; asks Kubernetes now and then, and waits for no answer. */
  readonly assertCurrent: () => void
}

/** The Deployments carry another version than they did when this finisher began. The message is a sentence without its full stop. */
export class Superseded extends Error {}

/** Between two looks; the spread keeps many from looking at once. Milliseconds. */
const pause = { least: 1_500, spread: 1_000 }

/** How long the Kubernetes API may take to answer, however much is left of the wait. Milliseconds. */
const patience = { least: 1_000, most: 5_000 }

/** How often it is looked for another version while a backfill goes on, and for another rollout during a soak. Milliseconds. */
const currentPeriod = 10_000

/** Makes the proof of a rollout. Nothing is asked yet. */
export function proofOf(rollout: Rollout, signal: AbortSignal, emit: Emit): Proof {
  const { version, timeout, soak } = rollout
  let connecting: Promise<Connection> | undefined
  let [proven, announced]: [string?, string?] = []
  const connected = (): Promise<Connection> => {
    connecting ??= connectCluster()
    return connecting
  }
  const superseded = (other: string): Superseded => new Superseded(`${other} now, this finisher belongs to ${version}`)
  const look = async (left = patience.most): Promise<Verdict> => {
    const connection = await connected()
    const within = Math.max(patience.least, Math.min(patience.most, left))
    const seen = await unlessUnreachable(async () => {
      const { deployments, absent } = await readDeployments(connection, rollout, within)
      const withPods = deployments.map(async (each) => ({
        ...each,
        pods: await readPods(connection, rollout, each.selector, within),
      }))
      return { deployments: await Promise.all(withPods), absent }
    })
    if ('unreachable' in seen) return { kind: 'unproven', reasons: [seen.unreachable] }
    const other = otherVersion(seen.deployments, version)
    if (other && proven !== undefined) throw superseded(other)
    return judgeRollout(seen.deployments, seen.absent, version)
  }
  const untilComplete = async (): Promise<string> => {
    let waited = false
    const ended = await poll<string, readonly string[]>(
      {
        budget: timeout,
        signal,
        pause: () => pause.least + Math.random() * pause.spread,
        identity: (reasons) => reasons.join(),
        report: (reasons, elapsed) => {
          waited = true
          emit({ event: 'rollout.waiting', version, reasons, elapsed, budget: timeout })
        },
      },
      async (left) => {
        const verdict = await look(left)
        return verdict.kind === 'proven'
          ? { kind: 'found', value: verdict.rollout }
          : { kind: 'waiting', state: verdict.reasons }
      },
    )
    if (ended.kind === 'timeout') throw notComplete(rollout, ended.state, proven !== undefined)
    if (waited || announced !== ended.value) emit({ event: 'rollout.proven', version, elapsed: ended.elapsed })
    announced = ended.value
    return ended.value
  }
  /** Sleeps through what is left of a soak, but not past the next look: another rollout may come meanwhile. */
  const soakOn = async (left: number): Promise<void> => {
    await delay(Math.min(left, currentPeriod), undefined, { signal }).catch(() => signal.throwIfAborted())
  }
  const wait: Proof['wait'] = async (session, table) => {
    const began = performance.now()
    for (let told: string | undefined; ; ) {
      proven = await untilComplete()
      if (soak === 0) return void (await forgetProven(session, table))
      const noted = await noteProven(session, table, { rollout: proven, version, soak })
      const { until, left } = noted
      if (left <= 0) return undefined
      const waits = left <= timeout - (performance.now() - began)
      if (until !== told) emit({ event: 'rollout.soaking', version, until, soak, left, waits })
      if (!waits) return noted
      told = until
      await soakOn(left)
    }
  }
  const waitAlone = async (): Promise<void> => {
    for (let [soaking, began]: [string?, number?] = []; ; ) {
      const rollout = await untilComplete()
      if (soak === 0) return
      if (began === undefined || rollout !== soaking) {
        ;[soaking, began] = [rollout, performance.now()]
        const until = new Date(Date.now() + soak).toISOString().slice(0, 19).replace('T', ' ')
        emit({ event: 'rollout.soaking', version, until, soak, left: soak, waits: true })
      }
      const left = began + soak - performance.now()
      if (left <= 0) return
      await soakOn(left)
    }
  }
  let [looked, other] = [performance.now(), undefined as string | undefined]
  let looking = false
  const lookForOther = async (): Promise<void> => {
    const connection = await connected()
    other = otherVersion((await readDeployments(connection, rollout, patience.most)).deployments, version)
  }
  return {
    wait,
    waitAlone,
    holds: async () => {
      const verdict = await look()
      return verdict.kind === 'proven' && verdict.rollout === proven
    },
    assertCurrent: () => {
      if (other !== undefined) throw superseded(other)
      if (looking || performance.now() - looked < currentPeriod) return
      looking = true
      // An API that does not answer is no reason to stop; a contract migration asks again.
      lookForOther()
        .catch(() => {})
        .finally(() => {
          looking = false
          looked = performance.now()
        })
    },
  }
}

function notComplete({ version, timeout }: Rollout, reasons: readonly string[], again: boolean): Failure {
  return new Failure('WaitTimeout', {
    summary: `the rollout of version ${version} was not complete after ${formatDuration(timeout)}`,
    details: reasons.map((each) => `- ${each}`),
    state: [again ? 'What was done before is kept; what comes after it was not run.' : 'Nothing was changed.'],
    remedy:
      'see why it is not complete (kubectl describe deployment, kubectl get pods), then run lotse finish again; the finisher of the chart does so by itself',
  })
}
