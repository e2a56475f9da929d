import { mayAsk } from '../migration/conditions.ts'
import { readConditions, withConditions } from './conditions.ts'
import type { Format } from './format.ts'
import { pairsOf } from './pairs.ts'
import { partsFrom } from './parts.ts'
import { isAlone } from './transactions.ts'

/**
 * golang-migrate: `N_name.up.sql` and `N_name.down.sql`, in the order of N as a number, which is all that its `schema_migrations`
 * has: `version` is N without leading zeros. It sends a file as one message (golang-migrate, database/postgres), so that PostgreSQL
 * runs it in one transaction, or, where it is a single statement, as that statement needs.
 */
export const format: Format = {
  entriesOf: (folder) => {
    const { files } = folder
    // golang-migrate itself passes over such names.
    const asking = files.some((file) => mayAsk.test(file))
      ? readConditions(
          files.filter((file) => !/\.down\.sql$/.test(file)),
          folder,
        )
      : undefined
    const pairs = asking ? { ...folder, files: files.filter((file) => !asking.files.has(file)) } : folder
    return pairsOf(pairs, {
      tool: 'golang-migrate',
      layout: 'a file N_name.up.sql, with N_name.down.sql',
      shape: /^(?<version>\d+)_.*\.(?:up|(?<undo>down))\.sql$/,
    }).map((entry) => ({ ...entry, ...asking?.of(entry.file) }))
  },
  partsOf: (entry, whole, folder) => {
    const { read, problems } = folder
    const down = entry.downFile === undefined ? undefined : read(entry.downFile)
    const said = { up: whole, down, alone: asksAlone(whole), downAlone: asksAlone(down ?? '') }
    const parts = partsFrom(entry, whole, said, problems)
    return entry.conditions ? withConditions(parts, whole, entry.conditions) : parts
  },
}

/** A pair may be sqlx's as well, whose first line may ask for no transaction. */
function asksAlone(text: string): boolean {
  return text.startsWith('-- no-transaction') || isAlone(text)
}
