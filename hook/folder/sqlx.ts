import type { Format } from './format.ts'
import { pairsOf } from './pairs.ts'
import { partsFrom } from './parts.ts'

/**
 * sqlx: `N_name.sql`, or `N_name.up.sql` with `N_name.down.sql`, in the order of N as a number. `version` and `description` are those
 * of its `_sqlx_migrations`. A file whose very first line is `-- no-transaction` runs without one (sqlx-core, migrate/migration.rs).
 */
export const format: Format = {
  entriesOf: (folder) =>
    pairsOf(folder, {
      tool: 'sqlx',
      layout: 'a file N_name.sql, or N_name.up.sql with N_name.down.sql',
      shape: /^(?<version>\d+)_(?<title>.*?)(?:\.up|(?<undo>\.down))?\.sql$/,
    }),
  partsOf: (entry, whole, { read, problems }) => {
    const down = entry.downFile === undefined ? undefined : read(entry.downFile)
    const [alone, downAlone] = [whole, down ?? ''].map((text) => text.startsWith('-- no-transaction'))
    return partsFrom(entry, whole, { up: whole, down, alone: alone === true, downAlone: downAlone === true }, problems)
  },
}
