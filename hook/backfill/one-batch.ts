import { exactKeys, sendBatch } from '../apply/batch.ts'
import { limitsOf } from '../apply/work.ts'
import type { Config } from '../config/config.ts'
import { advance, type Backfill, holdRow } from '../database/backfills.ts'
import type { HistoryTable } from '../database/lock.ts'
import { resetSession } from '../database/prepare.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import type { Batch } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { literal } from '../sql/quote.ts'
import { afterBatch, type Sizing } from './batch-size.ts'

/** What a backfill needs that is under way. */
export type Filling = {
  readonly session: Session
  readonly config: Config
  readonly table: HistoryTable
  readonly migration: Migration
  readonly emit: Emit
  /** Throws when it is not to go on: called between two batches, and while it waits. Waits for nothing itself. */
  readonly assertCurrent: () => void
}

/** How one batch went. */
export type Outcome =
  | {
      readonly kind: 'done'
      readonly row: Backfill
      readonly sizing: Sizing
      readonly keys: number
      readonly rows: number
    }
  /** Somebody has paused, cancelled or removed it, or moved its cursor: nothing was changed. */
  | { readonly kind: 'steered'; readonly row: Backfill | undefined }

/** A batch that failed; it was rolled back. `alone`: it had one key, `batch.from`. */
export class BatchFailed extends Error {
  readonly batch: Batch | undefined

  constructor(batch: Batch | undefined, cause: unknown) {
    super('a batch failed', { cause })
    this.batch = batch
  }

  get alone(): boolean {
    return this.batch !== undefined && this.batch.from === this.batch.to
  }
}

/** A batch waits so many milliseconds for a lock of somebody else's, since others may wait for the locks that it has by then. */
const lockPatience = 50

/** A batch that takes longer is cut in half. Milliseconds. */
const statementPatience = 10_000

/**
 * A commit that does not wait for the disk, nor for a synchronous replica, while others wait for the rows. A crash of the server may take
 * the last batches back, each with its cursor (PostgreSQL docs 28.4); recording the backfill waits, and keeps all of them. What a script
 * has done elsewhere is not taken back, so that its batches do wait.
 */
function unwaited({ kind }: Migration): readonly string[] {
  return kind === 'sql' ? ['set local synchronous_commit = off'] : []
}

/**
 * Runs the next batch and moves the cursor past it, in one transaction: both happen or neither, so every row is changed once. The row of
 * the backfill stays locked for as long, so that nobody else can do the same batch. `aim`: how long it should take, in milliseconds. Throws BatchFailed after rolling back.
 */
export async function runBatch(filling: Filling, known: Backfill, sizing: Sizing, aim: number): Promise<Outcome> {
  const { session, table, migration } = filling
  const started = performance.now()
  let batch: Batch | undefined
  try {
    const opening = [...openingOf(filling), holdRow(table, known.name), bounds(migration, known, sizing.size)]
    const answers = await session.queries(opening.join('; '))
    const row: Backfill | undefined = answers.at(-2)?.rows[0]
    if (row?.state !== 'running' || row.cursor !== known.cursor) {
      await session.queries('rollback')
      return { kind: 'steered', row }
    }
    const { from, to } = answers.at(-1)?.rows[0] ?? {}
    const last = to === null
    const upper = known.upper_bound ?? ''
    const end: string = to ?? upper
    let [keys, rows] = [last ? 0 : sizing.size, 0]
    if (from !== null) {
      batch = { from, to: end }
      if (last) keys = await countKeys(filling, batch)
      if (keys === 1) batch = { from, to: from }
      rows = await sendBatch(session, migration, { from, to: end })
    }
    const elapsed = performance.now() - started
    const next = afterBatch(sizing, keys, elapsed, aim)
    const done = { to: end, keys, rows, elapsed, nextSize: next.size, last: last || end === upper }
    // After the reset, which takes it back.
    const closing = [...resetSession(session), ...unwaited(migration), advance(table, known.name, done), 'commit']
    await session.queries(closing.join('; '))
    const moved: Backfill = {
      ...row,
      cursor: end,
      state: done.last ? 'done' : 'running',
      keys_done: String(Number(row.keys_done) + keys),
      rows_changed: String(Number(row.rows_changed) + rows),
    }
    return { kind: 'done', row: moved, sizing: next, keys, rows }
  } catch (error) {
    await session.cleanUp('rollback')
    throw new BatchFailed(batch, error)
  }
}

/** What opens the transaction of a batch. */
function openingOf({ config, migration }: Filling): readonly string[] {
  const { lockTimeout } = migration.directives
  const { statement } = limitsOf(config, migration)
  return [
    `/* lotse: ${migration.file.replaceAll('*', '')} */ begin`,
    `set local lock_timeout = ${lockTimeout ?? lockPatience}`,
    `set local statement_timeout = ${statement || statementPatience}`,
    ...exactKeys,
  ]
}

/** SQL for the first and the last key of the next batch; the last is null where there are fewer keys than that. */
function bounds({ directives: { backfill } }: Migration, { cursor, upper_bound }: Backfill, size: number): string {
  const { table, key } = backfill ?? { table: '', key: '' }
  const after = cursor === null ? '' : `k.${key} > ${literal(cursor)} and `
  const keys = `select k.${key} as key from ${table} as k where ${after}k.${key} <= ${literal(upper_bound)} order by k.${key}`
  // The keys that are only counted are not written out as text.
  const nth = (offset: number): string => `(select key::text from (${keys} offset ${offset} limit 1) as found)`
  return `select ${nth(0)} as "from", ${nth(size - 1)} as "to"`
}

async function countKeys({ session, migration }: Filling, { from, to }: Batch): Promise<number> {
  const { table, key } = migration.directives.backfill ?? { table: '', key: '' }
  const { rows } = await session.query(
    `select count(*)::int as amount from ${table} where ${key} between ${literal(from)} and ${literal(to)}`,
  )
  return rows[0].amount
}
