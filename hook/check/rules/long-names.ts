import { replaceQuoted } from '../../sql/quote.ts'
import type { Rule } from './rule.ts'

/** Rules about the text of a statement: names that PostgreSQL cuts. */

export const nameTooLong: Rule = {
  name: 'name-too-long',
  kind: 'mistake',
  severity: 'warning',
  finds: 'a name of more than 63 bytes',
  why: 'PostgreSQL cuts it without an error, and two long names that begin alike become one.',
  unsafe: `create table a_table_whose_name_is_so_long_that_postgresql_has_to_cut_off_its_end (id bigint);`,
  safe: 'create table short (id bigint);',
  silent: 'Never.',
  judge: ({ sql }) => {
    const names = [...new Set(namesIn(sql))].filter((name) => Buffer.byteLength(name) > 63)
    return names.map((name) => ({
      touches: [],
      message: `${name} has ${Buffer.byteLength(name)} bytes; PostgreSQL cuts it to ${Buffer.from(name).subarray(0, 63)}.`,
      safe: '-- a name of at most 63 bytes',
    }))
  },
}

/** Every word and quoted name of a statement; its parse tree holds names that are cut already. */
function namesIn(sql: string): string[] {
  const outline = replaceQuoted(sql, (quotation, opening) => (opening === '"' ? quotation : ' '))
  return [...outline.matchAll(/"((?:[^"]|"")+)"|([\w$\u0080-\uffff]+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
}
