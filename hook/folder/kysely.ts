import { parseDirectives } from '../migration/directives.ts'
import type { Format } from './format.ts'
import { scriptsOf, withoutEnding } from './scripts.ts'

/**
 * Kysely: scripts that export `up(db)` and `down(db)`, in the order of their names as text; `version` is the name without its ending,
 * as `kysely_migration` has it. They import kysely themselves, so it has to be in the image beside them; Lotse lets that kysely build
 * the SQL and runs it in its own session.
 */
export const format: Format = {
  entriesOf: (folder) => scriptsOf(folder, 'Kysely', withoutEnding),
  partsOf: ({ file }, whole, { problems }) => ({
    text: whole,
    directives: parseDirectives(whole, file, problems),
    down: undefined,
  }),
}
