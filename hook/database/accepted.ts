import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { addingColumn, alterHistory, hasColumn } from './alter-history.ts'
import { codeOf, messageOf } from './errors.ts'
import { notOwner } from './history-access.ts'
import type { HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * The history table as one that keeps what these migrations accept, made so where it is not: tables of Lotse 0.1.0 have no column for
 * it, and get it only once there is something to keep. An older Lotse names the columns that it reads and writes, so the format stays
 * the same. `known` has the names of migrations with a row: theirs may have to forget. Only called under the run lock; waits for no lock
 * longer than gates can wait for their answer. Throws PlanRefused where the role may not change the table, or somebody holds it.
 */
export async function keepingAccepted(
  session: Session,
  table: HistoryTable,
  migrations: readonly Migration[],
  known: ReadonlySet<string> = new Set(),
): Promise<HistoryTable> {
  const isNeeded = migrations.some(({ directives }) => directives.accepts.length > 0)
  if (!isNeeded && !migrations.some(({ name }) => known.has(name))) return table
  if (!(await hasColumn(session, table, 'accepted'))) {
    if (!isNeeded) return table
    await addColumn(session, table)
  }
  return { ...table, keepsAccepted: true }
}

async function addColumn(session: Session, table: HistoryTable): Promise<void> {
  const add = addingColumn(table, 'accepted')
  try {
    await alterHistory(session, [add], 5_000)
  } catch (error) {
    if (codeOf(error) === '42501') throw await notOwner(session, table, add, error)
    throw codeOf(error) === '55P03' ? inUse(table, error) : error
  }
}

function inUse({ sql }: HistoryTable, error: unknown): Failure {
  return new Failure('PlanRefused', {
    summary: `cannot add a column to the history table ${sql}, for what these migrations accept: ${messageOf(error)} (SQLSTATE 55P03)`,
    details: ['Another session has held the table for more than 5 s; a backup does, for as long as it takes.'],
    state: ['Nothing was changed.'],
    remedy: { kind: 'runAgain', after: 'wait until that session has ended' },
    cause: error,
  })
}
