import { alterationsBy } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what a column gives its users without their asking: a default, and never a null. */

export const promiseTaken: Rule = {
  name: 'promise-taken',
  kind: 'breaking',
  severity: 'note',
  finds: 'DROP NOT NULL, DROP DEFAULT and SET DEFAULT on an existing column',
  why: 'The old version may rely on it: code that reads the column does not expect a null, and code that inserts without it relies on the default.',
  unsafe: 'alter table orders alter column total drop default;',
  safe: 'alter table orders alter column total set statistics 500;',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the column. SET DEFAULT where there was none, since no INSERT relies on that.',
  judge: ({ tree }, facts) =>
    alterationsBy(tree, 'AT_DropNotNull', 'AT_ColumnDefault').flatMap(({ relation, kind, name, command }): Found[] => {
      const table = tableOf(facts, relation)
      const column = table.columns.get(name)
      const drops = kind === 'AT_DropNotNull'
      if (!drops && !column?.hasDefault && (facts.online || command.def)) return []
      if (drops && column?.notNull === false) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: drops
            ? `${name} of ${table.name} may become null.`
            : `Changes the default of ${name} of ${table.name}.`,
          breaks: drops
            ? `The old version does not expect null in ${name}.`
            : `An INSERT of the old version that leaves ${name} to its default gets another value, or fails.`,
          safe: `-- in the release after the one whose code can do without it:\n-- lotse: accept promise-taken: no running version relies on it`,
        },
      ]
    }),
}
