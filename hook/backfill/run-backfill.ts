import { setTimeout as delay } from 'node:timers/promises'
import { asFailure } from '../apply/explain.ts'
import { type Backfill, note, readRow } from '../database/backfills.ts'
import { ConnectionLost, codeOf, isWorthRepeating, messageOf, rootCause } from '../database/errors.ts'
import { resetSession } from '../database/prepare.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { afterFailure, afterTimeout, aimFor, type Sizing } from './batch-size.ts'
import { type Look, wayGiver } from './give-way.ts'
import type { Target } from './key.ts'
import { BatchFailed, type Filling, runBatch } from './one-batch.ts'
import { paceOf } from './pace.ts'
import { withTableLock } from './table-lock.ts'

/** How long a backfill goes on before it looks again whether it should give way. Milliseconds. */
const lookPeriod = 500

/** The longest pause after a batch that somebody was in the way of. Milliseconds. */
const longestPause = 5_000

/**
 * Runs a backfill that has begun, batch after batch, to its upper bound, or until somebody else has. One table has one backfill at a
 * time; another one waits.
 * Throws MigrationFailed that names the key of a row that fails, PlanRefused when it is cancelled, ConnectionLost, and what assertCurrent
 * throws, between two batches.
 */
export async function runBackfill(filling: Filling, target: Target): Promise<void> {
  const { session, emit, migration } = filling
  const { name } = migration
  await session.queries(resetSession(session).join('; '))
  await withTableLock(filling, target.oid, async () => {
    const look = wayGiver(session, migration, target.oid, (what) => emit({ event: 'backfill.unseen', name, what }))
    const [current]: (Backfill | undefined)[] = (await session.query(readRow(filling.table, name))).rows
    if (!current || current.state === 'done') return
    const pace = paceOf(current, () => performance.now())
    emit({ event: 'backfill.started', name, table: current.relation, keys: pace.keys(), expected: pace.expected })
    let row: Backfill | undefined = current
    let sizing: Sizing = { size: current.batch_size, ramp: current.cursor === null, narrow: 0 }
    let [looked, blocked, aim] = [Number.NEGATIVE_INFINITY, 0, aimFor(0)]
    while (row && row.state !== 'done') {
      session.signal.throwIfAborted()
      filling.assertCurrent()
      if (performance.now() - looked > lookPeriod) {
        const free = await untilFree(filling, row, look)
        row = free.row
        aim = aimFor(free.roundTrip)
        looked = performance.now()
        continue
      }
      const before = row
      const outcome = await runBatch(filling, before, sizing, aim).catch(async (error): Promise<Sizing> => {
        const next = await afterError(filling, before, sizing, error)
        if (isWorthRepeating(rootCause(error.cause))) await pauseBlocked(filling, blocked++)
        return next
      })
      if (!('kind' in outcome)) {
        sizing = outcome
        continue
      }
      blocked = 0
      if (outcome.kind === 'steered') {
        row = steered(filling, outcome.row)
        looked = Number.NEGATIVE_INFINITY
        continue
      }
      row = outcome.row
      sizing = outcome.sizing
      pace.add(outcome.keys)
      if (pace.isWorthTelling()) emit({ event: 'backfill.progress', name, size: sizing.size, ...pace.told() })
    }
    if (row) emit({ event: 'backfill.finished', name, keys: Number(row.keys_done), rows: Number(row.rows_changed) })
  })
}

/**
 * Waits until there is no reason to give way; tells the reasons. Returns the row as it is then, undefined when it is gone, and how long
 * the server took to answer, in milliseconds.
 */
async function untilFree(
  filling: Filling,
  known: Backfill,
  look: Look,
): Promise<{ row: Backfill | undefined; roundTrip: number }> {
  const { session, table, emit, migration } = filling
  const { name } = migration
  let [held, roundTrip] = [known.holding !== null, 0]
  const free = await poll<Backfill | undefined, readonly string[]>(
    {
      budget: Number.POSITIVE_INFINITY,
      signal: session.signal,
      pause: () => lookPeriod + Math.random() * lookPeriod,
      // Figures change all the time.
      identity: (reasons) => reasons.map((each) => each.replaceAll(/\d+/g, '')).join(),
      report: async (reasons, elapsed) => {
        emit({ event: 'backfill.holding', name, reasons, elapsed })
        held = true
        await note(session, table, name, 'holding', reasons.join('; '))
      },
    },
    async () => {
      filling.assertCurrent()
      const asked = performance.now()
      const { rows } = await session.query(readRow(table, name))
      roundTrip = performance.now() - asked
      const row = steered(filling, rows[0])
      if (!row || row.state === 'done') return { kind: 'found', value: row }
      const paused = row.state === 'paused' ? [`paused by lotse backfill pause ${name}`] : []
      const reasons = paused.length > 0 ? paused : await look()
      return reasons.length > 0 ? { kind: 'waiting', state: reasons } : { kind: 'found', value: row }
    },
  )
  if (free.kind === 'timeout') return { row: known, roundTrip }
  if (held) await note(session, table, name, 'holding', null)
  return { row: free.value, roundTrip }
}

/** The row as somebody else left it; undefined when it is recorded in the history by now. Throws PlanRefused when it is cancelled. */
function steered({ migration }: Filling, row: Backfill | undefined): Backfill | undefined {
  if (row?.state === 'cancelled') throw cancelled(migration.name, row)
  return row
}

/** A backfill that somebody has cancelled keeps what waits behind it from running. */
export function cancelled(name: string, { keys_done }: Backfill): Failure {
  return new Failure('PlanRefused', {
    summary: `the backfill ${name} was cancelled`,
    state: [`Batches of ${keys_done} keys are done and kept. What comes after it waits.`],
    remedy: `to go on, lotse backfill resume ${name} and lotse finish; where nothing of it is needed any more, lotse repair applied ${name}`,
  })
}

/** How to go on after a batch that failed: with half of it, unless it was one row. */
async function afterError(filling: Filling, row: Backfill, sizing: Sizing, error: unknown): Promise<Sizing> {
  const { session, emit, migration, table } = filling
  const { name } = migration
  const cause = rootCause(error instanceof BatchFailed ? error.cause : error)
  session.signal.throwIfAborted()
  if (session.lostBy(cause)) throw new ConnectionLost(cause)
  // Of the file, and not of a row: a script that ends its transaction or does not await a query.
  if (cause instanceof Failure) throw cause
  if (isWorthRepeating(cause)) return afterTimeout(sizing)
  const alone = sizing.size === 1 || (error instanceof BatchFailed && error.alone)
  if (!alone) {
    emit({ event: 'backfill.narrowed', name, error: withoutQuotedSecrets(messageOf(cause)), size: sizing.size })
    return codeOf(cause) === '57014' ? afterTimeout(sizing) : afterFailure(sizing)
  }
  const key = error instanceof BatchFailed ? error.batch?.from : undefined
  const place = key === undefined ? row.relation : `${row.relation}, ${row.key} = ${key}`
  await note(session, table, name, 'error', withoutQuotedSecrets(`${place}: ${messageOf(cause)}`))
  const state = `The batch was rolled back. Batches of ${row.keys_done} keys before it are done and kept; the next lotse finish goes on after ${row.cursor ?? 'none'}.`
  const failure = asFailure(migration, error instanceof BatchFailed ? error.cause : error, state)
  throw failure instanceof Failure ? failure.with({ details: [`The row is that of ${place}.`] }) : failure
}

/** Lets whoever was in the way come to an end: for longer and longer. */
async function pauseBlocked({ session, emit, migration }: Filling, times: number): Promise<void> {
  const wait = Math.min(longestPause, 50 * 2 ** times) * (0.5 + Math.random() / 2)
  if (wait > 500)
    emit({
      event: 'backfill.holding',
      name: migration.name,
      reasons: ['other sessions hold locks that the next batch needs'],
      elapsed: wait,
    })
  await delay(wait, undefined, { signal: session.signal }).catch(() => session.signal.throwIfAborted())
}
