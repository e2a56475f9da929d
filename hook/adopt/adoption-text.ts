import { table } from '../report/table.ts'
import type { Adoption } from './take-over.ts'

/** What `lotse adopt` prints: the rows that it records, and where they come from. Pure. */
export function adoptionText({ tool, table: name, taken, left }: Adoption, dryRun: boolean): string {
  const without = left.length > 0 ? `Left out, since the folder has no file of them: ${left.join(', ')}.\n` : ''
  if (taken.length === 0)
    return `Nothing to take over: all that ${tool} has recorded in ${name} is in the history.\n${without}`
  const rows = taken.map(({ migration, row }) => [migration.name, timeOf(row.appliedAt), row.appliedBy ?? ''])
  const amount = `${taken.length} migration${taken.length === 1 ? '' : 's'}`
  const what = dryRun ? `Would record ${amount} as applied by` : `Recorded ${amount} as applied by`
  return `${table(['MIGRATION', 'WHEN (UTC)', 'BY'], rows)}\n${what} ${tool}, from ${name}, which stays as it is.\n${without}`
}

function timeOf(iso: string | null): string {
  return iso === null ? '' : new Date(iso).toISOString().slice(0, 19).replace('T', ' ')
}
