import type { Rule } from './rule.ts'

/**
 * Rules about rows that are there already. hook/check/preflight asks the database for such rows; without a database, nothing is known
 * of them.
 */

const base = { kind: 'failing', severity: 'error', judge: () => [] } as const

const silent =
  'Every row allows it; an earlier pending statement may change the rows, calls a function that may, or cannot be read (lotse check says so); the same run creates the table; there is no database, or `LOTSE_CHECK_TIMEOUT` is 0s.'

export const rowNull: Rule = {
  ...base,
  name: 'row-null',
  finds:
    'SET NOT NULL, a NOT NULL constraint, or PRIMARY KEY on a column that is null in some row; ADD COLUMN NOT NULL without a default on a table that has rows',
  why: 'The statement fails with 23502, and the release with it. The row is named by its key. Fill it first: in the same file, or in a migration before it.',
  unsafe: 'alter table orders alter column seller_id set not null;',
  safe: 'update orders set seller_id = 1 where seller_id is null;\nalter table orders alter column seller_id set not null;',
  silent,
}

export const rowDuplicate: Rule = {
  ...base,
  name: 'row-duplicate',
  finds: 'UNIQUE, PRIMARY KEY or CREATE UNIQUE INDEX over values that several rows have',
  why: 'The index cannot be built (23505); with CONCURRENTLY, an invalid one is left behind. Rows are compared as the index will compare them: by its collation, its expressions, its WHERE and its NULLS NOT DISTINCT.',
  unsafe: 'create unique index orders_note_key on orders (note);',
  safe: 'update orders set note = id::text;\ncreate unique index orders_note_key on orders (note);',
  silent,
}

export const rowOrphan: Rule = {
  ...base,
  name: 'row-orphan',
  finds: 'FOREIGN KEY, or VALIDATE CONSTRAINT of one, where a row refers to none',
  why: 'The statement fails with 23503. With NOT VALID it would succeed, and VALIDATE CONSTRAINT fail later.',
  unsafe: 'alter table orders add constraint orders_seller_fkey foreign key (seller_id) references customers;',
  safe: 'alter table orders add constraint orders_seller_fkey foreign key (seller_id) references customers not valid;',
  silent,
}

export const rowBreaksCheck: Rule = {
  ...base,
  name: 'row-breaks-check',
  finds: 'ADD CHECK, or VALIDATE CONSTRAINT of one, that a row does not satisfy',
  why: 'The statement fails with 23514. With NOT VALID it would succeed, and VALIDATE CONSTRAINT fail later.',
  unsafe: 'alter table orders add constraint orders_total_bound check (total < 1000);',
  safe: 'alter table orders add constraint orders_total_bound check (total < 1000) not valid;',
  silent: `${silent} A CHECK that calls a volatile function is unjudged.`,
}

export const rowOverlaps: Rule = {
  ...base,
  name: 'row-overlaps',
  finds: 'ADD EXCLUDE where two rows exclude each other: columns with =, and at most one range with &&',
  why: 'The statement fails with 23P01.',
  unsafe: 'alter table bookings add constraint bookings_during_excl exclude using gist (during with &&);',
  safe: 'delete from bookings where id = 0;\nalter table bookings add constraint bookings_during_excl exclude using gist (during with &&);',
  silent: `${silent} Other operators and expressions are unjudged.`,
}

export const rowUncastable: Rule = {
  ...base,
  name: 'row-uncastable',
  finds: 'ALTER COLUMN TYPE, with or without USING, that a value cannot follow',
  why: 'The statement fails: the value is too long (22001), out of range (22003), or no text of that type (22P02). The conversion is tried with every row in a read-only transaction.',
  unsafe: 'alter table orders alter column note type integer using note::integer;',
  safe: 'alter table orders alter column note type text;',
  silent: `${silent} The conversion is one that no value prevents.`,
}
