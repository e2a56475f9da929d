import type { Format } from './format.ts'
import { pairsOf } from './pairs.ts'
import { partsFrom } from './parts.ts'
import { isAlone } from './transactions.ts'

/**
 * postgrator: `N.do.name.sql` and `N.undo.name.sql`, in the order of N as a number; `version` is that of its `schemaversion`. A file
 * is one message (postgrator, PostgresqlClient). What a script generates, only postgrator can run.
 */
export const format: Format = {
  entriesOf: (folder) =>
    pairsOf(folder, {
      tool: 'postgrator',
      layout: 'a file N.do.name.sql, with N.undo.name.sql',
      shape: /^(?<version>\d+)\.(?:do|(?<undo>undo))(?:\.(?<title>.+))?\.(?:sql|js|mjs|cjs)$/,
      foreign: /js$/,
    }),
  partsOf: (entry, whole, { read, problems }) => {
    const down = entry.downFile?.endsWith('.sql') ? read(entry.downFile) : undefined
    return partsFrom(entry, whole, { up: whole, down, alone: isAlone(whole), downAlone: isAlone(down ?? '') }, problems)
  },
}
