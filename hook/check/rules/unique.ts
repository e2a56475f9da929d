import type { Constraint } from '@pgsql/types'
import { plainIdentifier } from '../../sql/quote.ts'
import { addedColumns, addedConstraints, strings, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about constraints that build an index of their own: UNIQUE, PRIMARY KEY, EXCLUDE. */

export const uniqueBuildsIndex: Rule = {
  name: 'unique-builds-index',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD UNIQUE or ADD PRIMARY KEY that builds its index',
  why: 'The build holds ACCESS EXCLUSIVE: neither reads nor writes until it is done. Build the index concurrently, then let the constraint take it over, which changes the catalogue only.',
  unsafe: 'alter table orders add constraint orders_total_key unique (total);',
  safe: 'alter table orders add constraint orders_total_id_key unique using index orders_total_unique;',
  silent: 'The table is small, or the same run creates it; USING INDEX.',
  judge: ({ tree }, facts) => {
    const added = ['CONSTR_UNIQUE', 'CONSTR_PRIMARY'].flatMap((type) => addedConstraints(tree, type))
    return added.flatMap(({ relation, constraint }): Found[] => {
      if (constraint.indexname) return []
      const table = tableOf(facts, relation)
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'build' }],
          message: `Builds the index of a ${kindOf(constraint)} on ${table.name} and blocks reads and writes until it is done.`,
          safe: usingIndex(written(relation), constraint, strings(constraint.keys)),
          at: constraint.location,
        },
      ]
    })
  },
}

function kindOf({ contype }: Constraint): string {
  return contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE constraint'
}

function usingIndex(table: string, constraint: Constraint, columns: readonly string[]): string {
  const plain = table.split('.').at(-1)?.replaceAll('"', '') ?? ''
  const primary = constraint.contype === 'CONSTR_PRIMARY'
  const name = plainIdentifier(constraint.conname || (primary ? `${plain}_pkey` : [plain, ...columns, 'key'].join('_')))
  const first = primary ? columns.map((column) => `-- ${column} must be NOT NULL before, see rule set-not-null\n`) : []
  return [
    `${first.join('')}-- lotse: no-transaction`,
    `create unique index concurrently ${name} on ${table} (${columns.map(plainIdentifier).join(', ')});`,
    '-- in a later file:',
    `alter table ${table} add constraint ${name} ${primary ? 'primary key' : 'unique'} using index ${name};`,
  ].join('\n')
}

export const primaryKeyScans: Rule = {
  name: 'primary-key-scans',
  kind: 'blocking',
  severity: 'error',
  finds: 'PRIMARY KEY USING INDEX on a column that may be null',
  why: 'The columns of a primary key become NOT NULL, and PostgreSQL scans the table under ACCESS EXCLUSIVE to see that they are. Make them NOT NULL first, which has a form without that scan.',
  unsafe: 'alter table imports add primary key using index imports_number;',
  safe: 'alter table imports add constraint imports_pkey primary key using index imports_id;',
  silent: 'Every column of the index is NOT NULL already; without a database, always.',
  judge: ({ tree }, facts) =>
    addedConstraints(tree, 'CONSTR_PRIMARY').flatMap(({ relation, constraint }): Found[] => {
      const table = tableOf(facts, relation)
      const index = table.indexes.find(({ name }) => name === constraint.indexname)
      const nullable = (index?.columns ?? []).filter((name) => table.columns.get(name)?.notNull === false)
      if (nullable.length === 0) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'scan' }],
          message: `Makes ${nullable.join(', ')} of ${table.name} NOT NULL, which scans the table and blocks reads and writes meanwhile.`,
          safe: `-- first, by rule set-not-null:\nalter table ${written(relation)} alter column ${nullable.map(plainIdentifier).join(', ')} set not null;\n-- then this statement`,
          at: constraint.location,
        },
      ]
    }),
}

export const excludeScans: Rule = {
  name: 'exclude-scans',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD EXCLUDE on an existing table',
  why: 'It builds its index and compares all rows under ACCESS EXCLUSIVE. There is no NOT VALID and no USING INDEX for it. The way without waiting is a new table with the constraint, filled in batches, that takes the place of the old one.',
  unsafe: 'alter table bookings add constraint bookings_room_excl exclude using gist (during with &&);',
  safe: 'create table bookings_new (like bookings, constraint bookings_new_excl exclude using gist (during with &&));',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree }, facts) =>
    addedConstraints(tree, 'CONSTR_EXCLUSION').map(({ relation, constraint }) => {
      const table = tableOf(facts, relation)
      const name = written(relation)
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'build' }],
        message: `Builds the index of an EXCLUDE constraint on ${table.name} and blocks reads and writes until it is done.`,
        safe: `-- a new table with the constraint, filled in batches, then swapped by two renames:\ncreate table ${name}_new (like ${name} including all, constraint … exclude …);`,
        at: constraint.location,
      }
    }),
}

export const columnUnique: Rule = {
  name: 'column-unique',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD COLUMN with UNIQUE or PRIMARY KEY',
  why: 'The table is scanned and the index built under ACCESS EXCLUSIVE, even for a column that is null in every row.',
  unsafe: 'alter table orders add column code text unique;',
  safe: 'alter table orders add column code text;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree }, facts) =>
    addedColumns(tree).flatMap(({ relation, name, constraints }) => {
      const table = tableOf(facts, relation)
      return constraints
        .filter(({ contype }) => contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY')
        .map(
          (constraint): Found => ({
            touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'build' }],
            message: `Adds ${name} to ${table.name} with a ${kindOf(constraint)}, which builds an index and blocks reads and writes until it is done.`,
            safe: `alter table ${written(relation)} add column ${plainIdentifier(name)} …;\n-- in a later file:\n${usingIndex(written(relation), constraint, [name])}`,
            at: constraint.location,
          }),
        )
    }),
}
