import { addedConstraints } from './alterations.ts'
import { type Table, tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about constraints that the running version does not know yet, whatever they cost to add. */

export const newPromise: Rule = {
  name: 'new-promise',
  kind: 'breaking',
  severity: 'note',
  finds: 'a new CHECK, FOREIGN KEY, UNIQUE or NOT NULL constraint, also NOT VALID, and a new unique index',
  why: 'It holds for every new row at once, so an INSERT or UPDATE of the old version that violates it fails. The application must keep to it before the database demands it.',
  unsafe: 'alter table orders add constraint orders_note_short check (length(note) < 10) not valid;',
  safe: 'alter table orders add column discount integer;',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the table. A constraint that only proves a column not null that the application already fills is accepted with that reason.',
  judge: ({ tree }, facts) => {
    const added = ['CONSTR_CHECK', 'CONSTR_FOREIGN', 'CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_NOTNULL'].flatMap(
      (type) => addedConstraints(tree, type),
    )
    const { IndexStmt: index } = tree
    return [
      ...added.map(({ relation, constraint: { conname, location } }) =>
        promised(tableOf(facts, relation), conname ? `constraint ${conname}` : 'a constraint', location),
      ),
      ...(index?.unique && index.relation
        ? [promised(tableOf(facts, index.relation), `unique index ${index.idxname ?? ''}`.trim())]
        : []),
    ]
  },
}

function promised(table: Table, what: string, at?: number): Found {
  return {
    touches: [{ table, lock: 'ROW EXCLUSIVE', work: 'none' }],
    message: `New rows of ${table.name} have to satisfy ${what}, also those that the old version writes.`,
    breaks: 'An INSERT or UPDATE of the old version that violates it fails (23502, 23503, 23505, 23514).',
    safe: '-- first a release whose code keeps to it, then the constraint:\n-- lotse: accept new-promise: every running version keeps to it',
    at,
  }
}
