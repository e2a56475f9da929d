import { parseDirectives } from '../migration/directives.ts'
import type { Entry, Folder, Format, Parts } from './format.ts'
import { isBeside, partsFrom, stranger } from './parts.ts'
import { beyond, withoutEnding } from './scripts.ts'
import { separate } from './sections.ts'

/**
 * node-pg-migrate: `N_name.sql` with the parts `-- Up Migration` and `-- Down Migration`, or a script that exports `up(pgm)`, in the
 * order of N as a number; `version` is the name without its ending, as `pgmigrations` has it. A file without marks is all up, and
 * the parts may stand in either order (node-pg-migrate, sqlMigration.ts). Lotse carries out `pgm.sql`; what builds tables is the tool's.
 */
export const format: Format = { entriesOf, partsOf }

const up = /^\s*--[\s-]*up\s+migration\b/i
const down = /^\s*--[\s-]*down\s+migration\b/i

function entriesOf({ files, problems }: Folder): Entry[] {
  return files.flatMap((file): Entry[] => {
    if (/^[^/]+\.(?:sql|ts|js|mjs|cjs)$/.test(file)) {
      const name = withoutEnding(file)
      return [{ name, file, kind: file.endsWith('.sql') ? 'sql' : 'script', version: name }]
    }
    if (!isBeside(file)) problems.push(stranger(file, 'node-pg-migrate', 'a file N_name.sql, N_name.js or N_name.ts'))
    return []
  })
}

function partsOf(entry: Entry, whole: string, { problems }: Folder): Parts {
  if (entry.kind === 'sql') {
    const { up: first, down: second } = separate(whole, { up, down })
    return partsFrom(entry, whole, { up: first, down: second }, problems)
  }
  const asked = parseDirectives(whole, entry.file, problems)
  const use = beyond(whole, 'pgm', ['sql', 'noTransaction', 'db'])
  const transaction = asked.transaction && !/\.\s*noTransaction\s*\(/.test(whole)
  return { text: whole, directives: { ...asked, transaction }, down: undefined, ...(use ? { foreign: use } : {}) }
}
