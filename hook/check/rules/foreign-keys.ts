import type { RangeVar } from '@pgsql/types'
import { plainIdentifier } from '../../sql/quote.ts'
import {
  addedColumns,
  addedConstraints,
  alterationsBy,
  droppedNames,
  relationOf,
  strings,
  written,
} from './alterations.ts'
import { type Facts, type Table, tableOf, unknownTable } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about foreign keys, which always lock two tables. */

export const foreignKeyScans: Rule = {
  name: 'foreign-key-scans',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD FOREIGN KEY without NOT VALID',
  why: 'It looks every row up in the other table and holds SHARE ROW EXCLUSIVE on both: nobody can write to either. With NOT VALID only new rows are checked; VALIDATE CONSTRAINT in a later file checks the old ones without blocking reads or writes.',
  unsafe: 'alter table orders add constraint orders_seller_fkey foreign key (seller_id) references customers;',
  safe: 'alter table orders add constraint orders_seller_fkey foreign key (seller_id) references customers not valid;',
  silent:
    'The referencing table is small, or the same run creates it. Before PostgreSQL 18 a partitioned table takes no NOT VALID: add the key to each partition.',
  judge: ({ tree, sql }, facts) =>
    addedConstraints(tree, 'CONSTR_FOREIGN').flatMap(({ relation, constraint }): Found[] => {
      if (constraint.skip_validation) return []
      const [table, target] = [tableOf(facts, relation), tableOf(facts, constraint.pktable ?? {})]
      const name = plainIdentifier(
        constraint.conname || `${[relation.relname, ...strings(constraint.fk_attrs)].join('_')}_fkey`,
      )
      const perPartition = table.kind === 'p' && facts.version < 180_000
      return [
        {
          touches: [
            { table, lock: 'SHARE ROW EXCLUSIVE', work: 'compare' },
            ...(table.state === 'fresh' ? [] : [{ table: target, lock: 'SHARE ROW EXCLUSIVE', work: 'none' } as const]),
          ],
          message: `Looks every row of ${table.name} up in ${target.name} and blocks writes to both meanwhile.`,
          safe: perPartition
            ? `-- PostgreSQL before 18 takes no NOT VALID on a partitioned table: for each partition\nalter table PARTITION add constraint ${name} … not valid;\n-- in a later file:\nalter table PARTITION validate constraint ${name};`
            : `${sql} not valid;\n-- in a later file:\nalter table ${written(relation)} validate constraint ${name};`,
          at: constraint.location,
        },
      ]
    }),
}

export const columnReferences: Rule = {
  name: 'column-references',
  kind: 'brief',
  severity: 'warning',
  finds: 'ADD COLUMN with REFERENCES',
  why: 'The new column’s foreign key takes SHARE ROW EXCLUSIVE on the table it refers to, while the ALTER TABLE holds ACCESS EXCLUSIVE on its own: two tables wait, and a deadlock with the application is possible. With a default, every row is looked up, too.',
  unsafe: 'alter table orders add column seller bigint references customers;',
  safe: 'alter table orders add column seller bigint;',
  silent: 'Both tables are small, or the same run creates one of them.',
  judge: ({ tree }, facts) =>
    addedColumns(tree).flatMap(({ relation, name, constraints }) =>
      constraints
        .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
        .map((constraint): Found => {
          const [table, target] = [tableOf(facts, relation), tableOf(facts, constraint.pktable ?? {})]
          const filled = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT')
          const [own, column] = [written(relation), plainIdentifier(name)]
          const key = plainIdentifier(`${relation.relname}_${name}_fkey`)
          return {
            touches: [
              { table, lock: 'ACCESS EXCLUSIVE', work: filled ? 'compare' : 'none' },
              { table: target, lock: 'SHARE ROW EXCLUSIVE', work: 'none' },
            ],
            message: `Locks ${table.name} against reads and writes and ${target.name} against writes, both at once${filled ? ', and looks every row up' : ''}.`,
            safe: [
              `alter table ${own} add column ${column} …;`,
              '-- in a later file:',
              `alter table ${own} add constraint ${key} foreign key (${column}) references ${written(constraint.pktable)} not valid;`,
              '-- in a third one:',
              `alter table ${own} validate constraint ${key};`,
            ].join('\n'),
            at: constraint.location,
          }
        }),
    ),
}

export const secondTableLocked: Rule = {
  name: 'second-table-locked',
  kind: 'brief',
  severity: 'warning',
  finds: 'a statement that locks a table it does not name: dropping a foreign key, or the table or column that has one',
  why: 'Dropping a foreign key removes triggers on the referenced table, too, and takes ACCESS EXCLUSIVE on it: often the busiest table there is. Reads and writes of both tables wait, and a deadlock with the application is possible. Run it alone, at a quiet time, under a short lock-timeout.',
  unsafe: 'alter table orders drop constraint orders_customer_id_fkey;',
  safe: 'alter table orders drop constraint orders_total_check;',
  silent: 'The referenced table is small.',
  judge: ({ tree }, facts) => {
    const constraints = alterationsBy(tree, 'AT_DropConstraint').flatMap(({ relation, name }) =>
      found(facts, relation, `constraint ${name}`, ({ name: each }) => each === name, /_?fk(ey)?(_|$)/i.test(name)),
    )
    const columns = alterationsBy(tree, 'AT_DropColumn').flatMap(({ relation, name }) =>
      found(facts, relation, `column ${name}`, ({ columns }) => columns.includes(name), false),
    )
    const tables = droppedNames(tree, 'OBJECT_TABLE').flatMap((names) =>
      found(facts, relationOf(names), `table ${names.at(-1)}`, () => true, false),
    )
    return [...constraints, ...columns, ...tables]
  },
}

function found(
  facts: Facts,
  relation: RangeVar,
  what: string,
  test: (constraint: Table['constraints'][number]) => boolean,
  likely: boolean,
): Found[] {
  const table = tableOf(facts, relation)
  const keys = new Set(
    table.constraints.filter((each) => each.type === 'f' && test(each)).flatMap(({ target }) => target ?? []),
  )
  const targets = [...keys]
    .filter((key) => key !== table.key)
    .map((key) => facts.tables.get(key) ?? unknownTable(facts, key))
  if (table.state === 'assumed' && keys.size === 0 && likely)
    targets.push({ ...table, key: '?', name: 'the table it refers to' })
  return targets.map((target) => ({
    touches: [{ table: target, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
    message: `Dropping ${what} of ${table.name} also locks ${target.name} against reads and writes, since its foreign key refers to it.`,
    safe: '-- alone in its file, so that neither lock is held longer than this takes:\n-- lotse: lock-timeout 500ms\n-- accept this finding there, with the reason that it stands alone',
  }))
}

export const foreignKeyUnindexed: Rule = {
  name: 'foreign-key-unindexed',
  kind: 'blocking',
  severity: 'note',
  finds: 'a foreign key whose referencing columns have no index',
  why: 'Each DELETE of a referenced row, and each UPDATE of its key, scans the referencing table.',
  unsafe:
    'alter table orders add constraint orders_seller_fkey foreign key (seller_id) references customers not valid;',
  safe: 'alter table orders add constraint orders_customer_fkey foreign key (customer_id) references customers not valid;',
  silent: 'The referencing table is small, or an index begins with its columns; without a database, always.',
  judge: ({ tree }, facts) =>
    addedConstraints(tree, 'CONSTR_FOREIGN').flatMap(({ relation, constraint }): Found[] => {
      const table = tableOf(facts, relation)
      const columns = strings(constraint.fk_attrs)
      const [first = ''] = columns
      const indexed = table.indexes.some(({ columns: indexed }) =>
        columns.every((name) => indexed.slice(0, columns.length).includes(name)),
      )
      if (table.state !== 'known' || indexed) return []
      const target = constraint.pktable?.relname
      return [
        {
          touches: [{ table, lock: 'ROW EXCLUSIVE', work: 'scan' }],
          message: `No index of ${table.name} begins with ${columns.join(', ')}: each DELETE in ${target} will scan ${table.name}.`,
          safe: `-- lotse: no-transaction\ncreate index concurrently ${plainIdentifier(`${relation.relname}_${first}_idx`)} on ${written(relation)} (${columns.map(plainIdentifier).join(', ')});`,
          at: constraint.location,
        },
      ]
    }),
}
