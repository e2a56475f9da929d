import { Failure } from '../failure.ts'
import { type HistoryTable, literal } from './table.ts'

/** The history table's format that this Lotse reads and writes; the table's comment says which it has. */
const format = 1

/** SQL for the comment of the history table. */
export function commentOf(table: HistoryTable): string {
  return `select obj_description(${literal(table.sql)}::regclass, 'pg_class') as text`
}

/** Throws PlanRefused when a newer Lotse has changed the table. */
export function assertFormat(table: HistoryTable, comment: string | null): void {
  const found = Number(/format (\d+)/.exec(comment ?? '')?.[1] ?? format)
  if (found <= format) return
  throw new Failure('PlanRefused', {
    summary: `the history table ${table.sql} has format ${found}, which a newer Lotse wrote; this one reads up to format ${format}`,
    state: ['Nothing was changed.'],
    remedy: 'use the newer Lotse for this image too; it reads older formats',
  })
}
