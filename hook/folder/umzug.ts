import type { Format } from './format.ts'
import { format as lotse } from './lotse.ts'

/**
 * Umzug: scripts, and SQL as Lotse's own layout has it, in the order of the names as text; `version` is the file's name, which its
 * storages keep (umzug README, "Storages"). A script gets what Umzug gives it: `{name, path, context}`.
 */
export const format: Format = {
  ...lotse,
  entriesOf: (folder) => lotse.entriesOf(folder).map((entry) => ({ ...entry, version: entry.file })),
}
