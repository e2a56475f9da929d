import { plainIdentifier } from '../../sql/quote.ts'
import { addedColumns, addedConstraints, alterationsBy, strings, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about NOT NULL on a table that has rows. */

export const setNotNull: Rule = {
  name: 'set-not-null',
  kind: 'blocking',
  severity: 'error',
  finds: 'SET NOT NULL that scans the table',
  why: 'PostgreSQL reads every row under ACCESS EXCLUSIVE, unless a valid CHECK constraint proves that there is no null. Since 18 a NOT NULL constraint can be added NOT VALID and validated later.',
  unsafe: 'alter table orders alter column note set not null;',
  safe: 'alter table orders add constraint orders_note_not_null check (note is not null) not valid;',
  silent:
    'The table is small; the column is NOT NULL already; a valid CHECK (column IS NOT NULL) proves it, also one that an earlier pending migration validates.',
  judge: ({ tree }, facts) => {
    const set = alterationsBy(tree, 'AT_SetNotNull').map(({ relation, name }) => ({ relation, name, at: undefined }))
    const added = addedConstraints(tree, 'CONSTR_NOTNULL')
      .filter(({ constraint }) => !constraint.skip_validation)
      .map(({ relation, constraint }) => ({
        relation,
        name: strings(constraint.keys)[0] ?? '',
        at: constraint.location,
      }))
    return [...set, ...added].flatMap(({ relation, name, at }): Found[] => {
      const table = tableOf(facts, relation)
      const proven = table.constraints.some(({ type, valid, proves }) => type === 'c' && valid && proves.includes(name))
      if (proven || table.columns.get(name)?.notNull) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'scan' }],
          message: `Scans ${table.name} for nulls in ${name} and blocks reads and writes meanwhile.`,
          breaks: `An INSERT or UPDATE of the old version that leaves ${name} null fails (23502).`,
          safe: inSteps(written(relation), name, facts.online && facts.version >= 180_000),
          at,
        },
      ]
    })
  },
}

function inSteps(table: string, name: string, hasNotValid: boolean): string {
  const [plain, column] = [table.split('.').at(-1)?.replaceAll('"', ''), plainIdentifier(name)]
  const constraint = plainIdentifier(`${plain}_${name}_not_null`)
  if (hasNotValid)
    return [
      `alter table ${table} add constraint ${constraint} not null ${column} not valid;`,
      '-- in a later file:',
      `alter table ${table} validate constraint ${constraint};`,
    ].join('\n')
  return [
    `alter table ${table} add constraint ${constraint} check (${column} is not null) not valid;`,
    '-- in a later file:',
    `alter table ${table} validate constraint ${constraint};`,
    '-- in a third one:',
    `alter table ${table} alter column ${column} set not null;`,
    `alter table ${table} drop constraint ${constraint};`,
  ].join('\n')
}

export const addColumnNotNull: Rule = {
  name: 'add-column-not-null',
  kind: 'breaking',
  severity: 'error',
  finds: 'ADD COLUMN NOT NULL without a default, also by a later SET NOT NULL',
  why: 'It fails as soon as the table has a row (23502), and where it has none, every INSERT of the old version fails: it does not know the column.',
  unsafe: 'alter table orders add column currency text not null;',
  safe: `alter table orders add column currency text not null default 'EUR';`,
  silent: 'The column has a default or is generated, or the same run creates the table.',
  judge: ({ tree }, facts) => [
    ...alterationsBy(tree, 'AT_SetNotNull').flatMap(({ relation, name }): Found[] => {
      const table = tableOf(facts, relation)
      const column = table.columns.get(name)
      if (!column?.fresh || column.hasDefault) return []
      const [own, plain] = [written(relation), plainIdentifier(name)]
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: `Makes the new column ${name} of ${table.name} NOT NULL without a default.`,
          breaks: `Every INSERT into ${table.name} by the old version fails (23502): it does not name ${name}.`,
          safe: `alter table ${own} alter column ${plain} set default …;\n-- or make it NOT NULL in the release after the one whose code fills it`,
        },
      ]
    }),
    ...addedColumns(tree).flatMap(({ relation, column, name, constraints }): Found[] => {
      const has = (...types: string[]): boolean => constraints.some(({ contype = '' }) => types.includes(contype))
      const serial = /^(big|small)?serial\d?$/.test(strings(column.typeName?.names).at(-1) ?? '')
      if (
        serial ||
        !has('CONSTR_NOTNULL', 'CONSTR_PRIMARY') ||
        has('CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED')
      )
        return []
      const table = tableOf(facts, relation)
      const rows = table.rows
        ? `${table.name} has rows, so this fails (23502).`
        : `This fails (23502) if ${table.name} has a row.`
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: `Adds ${name} NOT NULL without a default. ${rows}`,
          breaks: `Every INSERT into ${table.name} by the old version fails (23502): it does not name ${name}.`,
          safe: `alter table ${written(relation)} add column ${plainIdentifier(name)} … not null default …;\n-- or add it nullable, fill it, and see rule set-not-null`,
          at: column.location,
        },
      ]
    }),
  ],
}
