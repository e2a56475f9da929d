import { alterationsBy } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what a column gives its users without their asking: a default, and never a null. */

export const promiseTaken: Rule = {
  name: 'promise-taken',
  kind: 'breaking',
  severity: 'note',
  finds: 'DROP NOT NULL, DROP DEFAULT, SET DEFAULT, DROP IDENTITY and DROP EXPRESSION on an existing column',
  why: 'The old version may rely on it: code that reads the column does not expect a null, and code that inserts without it relies on the default. Where the column is NOT NULL, such an INSERT fails.',
  unsafe: 'alter table orders alter column total drop default;',
  safe: 'alter table orders alter column total set statistics 500;',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the column. SET DEFAULT where there was none, since no INSERT relies on that.',
  judge: ({ tree }, facts) =>
    alterationsBy(tree, ...Object.keys(messages)).flatMap(({ relation, kind, name, command }): Found[] => {
      const table = tableOf(facts, relation)
      const column = table.columns.get(name)
      if (kind === 'AT_ColumnDefault' && !column?.hasDefault && (facts.online || command.def)) return []
      if (kind === 'AT_DropNotNull' && column?.notNull === false) return []
      const fails = kind === 'AT_DropIdentity' || (kind === 'AT_ColumnDefault' && !command.def && column?.notNull)
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          ...(fails ? { severity: 'warning' as const } : {}),
          message: `${messages[kind]} ${name} of ${table.name}${kind === 'AT_DropNotNull' ? ' become null' : ''}.`,
          breaks:
            kind === 'AT_DropNotNull'
              ? `The old version does not expect null in ${name}.`
              : fails
                ? `An INSERT of the old version that leaves out ${name} fails (23502).`
                : `An INSERT of the old version that leaves ${name} to its default gets another value, or fails.`,
          safe: `-- in the release after the one whose code can do without it:\n-- lotse: accept promise-taken: no running version relies on it`,
        },
      ]
    }),
}

const messages: Readonly<Record<string, string>> = {
  AT_DropNotNull: 'Lets',
  AT_ColumnDefault: 'Changes the default of',
  AT_DropIdentity: 'Drops the identity of',
  AT_DropExpression: 'Stops computing',
}
