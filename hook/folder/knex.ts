import { parseDirectives } from '../migration/directives.ts'
import type { Format } from './format.ts'
import { beyond, scriptsOf } from './scripts.ts'

/**
 * knex: scripts that export `up(knex)` and `down(knex)`, in the order of their names as text; `version` is the file's name, as
 * `knex_migrations` has it. Lotse carries out `knex.raw` and `knex.schema.raw`; what builds queries and tables is knex's own.
 * `exports.config = { transaction: false }` turns the transaction off (knex docs, "Transactions in migrations").
 */
export const format: Format = {
  entriesOf: (folder) => scriptsOf(folder, 'knex', (file) => file),
  partsOf: ({ file }, whole, { problems }) => {
    const asked = parseDirectives(whole, file, problems)
    const use = beyond(whole, 'knex', ['raw', 'schema.raw', 'query'])
    return {
      text: whole,
      directives: { ...asked, transaction: asked.transaction && !withoutTransaction.test(whole) },
      down: undefined,
      ...(use ? { foreign: use } : {}),
    }
  },
}

const withoutTransaction = /\bconfig\b[^=]*=\s*\{[^}]*\btransaction\s*:\s*false\b/
