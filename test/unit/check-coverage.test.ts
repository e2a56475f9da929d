import { expect, test } from 'vitest'
import { rules } from '../../hook/check/rules/all.ts'

/**
 * What other linters check of PostgreSQL that concerns locks, lost data or the running version: the rule here that finds it, or why
 * none does. Read in strong_migrations 2.8.0, squawk 2.66.0, eugene 0.8.2 and the analyzers of Atlas for PostgreSQL.
 */
type Cover = { readonly rule: string } | { readonly why: string }
const by = (rule: string): Cover => ({ rule })
const not = (why: string): Cover => ({ why })

const runner = not('Lotse itself sees to it: a lock timeout, retries and its own transaction surround each migration')
const style = not('a matter of style: nothing waits for it, and nothing breaks')

const coverage: Readonly<Record<string, Readonly<Record<string, Cover>>>> = {
  strong_migrations: {
    'removing a column': by('drop-column'),
    'changing the type of a column': by('column-type-rewrites'),
    'renaming a column': by('rename'),
    'renaming a table': by('rename'),
    'renaming a schema': by('rename'),
    'renaming an enum value': by('enum-value-renamed'),
    'creating a table with force': by('drop-object'),
    'adding an auto-incrementing column': by('column-generated'),
    'adding a stored generated column': by('column-generated'),
    'adding a check constraint': by('check-scans'),
    'validating a check constraint in the same transaction': by('validate-together'),
    'executing SQL directly': not('every migration is SQL here, and each statement is judged'),
    'backfilling data': by('bulk-change'),
    'adding an index non-concurrently': by('index-blocks-writes'),
    'removing an index non-concurrently': by('drop-index-locks-table'),
    'adding a reference': by('column-references'),
    'adding a foreign key': by('foreign-key-scans'),
    'validating a foreign key in the same transaction': by('validate-together'),
    'adding a unique constraint': by('unique-builds-index'),
    'adding an exclusion constraint': by('exclude-scans'),
    'adding a json column': style,
    'setting NOT NULL on an existing column': by('set-not-null'),
    'adding a column with a volatile default value': by('column-volatile-default'),
    'changing the default value of a column': by('promise-taken'),
    'keeping non-unique indexes to three columns or less': style,
    'index corruption of PostgreSQL 14.0 to 14.3': by('index-concurrently-corrupts'),
    'lock timeouts and statement timeouts': runner,
    'removing invalid indexes': not('Lotse rebuilds an index that its own interrupted build left invalid'),
    'adding a primary key': by('unique-builds-index'),
  },
  squawk: {
    'adding-field-with-default': by('column-volatile-default'),
    'adding-foreign-key-constraint': by('foreign-key-scans'),
    'adding-not-nullable-field': by('set-not-null'),
    'adding-required-field': by('add-column-not-null'),
    'adding-serial-primary-key-field': by('column-generated'),
    'ban-alter-domain-with-add-constraint': by('domain-constraint'),
    'ban-char-field': style,
    'ban-concurrent-index-creation-in-transaction': not(
      'lotse up refuses CONCURRENTLY in a file with a transaction before anything runs',
    ),
    'ban-create-domain-with-constraint': by('column-domain'),
    'ban-drop-column': by('drop-column'),
    'ban-drop-database': not('lotse up refuses DROP DATABASE in a file with a transaction before anything runs'),
    'ban-drop-not-null': by('promise-taken'),
    'ban-drop-table': by('drop-object'),
    'ban-truncate-cascade': by('data-removed'),
    'ban-uncommitted-transaction': not('lotse up refuses BEGIN and COMMIT in a file'),
    'changing-column-type': by('column-type-rewrites'),
    'constraint-missing-not-valid': by('check-scans'),
    'disallowed-unique-constraint': by('unique-builds-index'),
    'identifier-too-long': by('name-too-long'),
    'prefer-big-int': style,
    'prefer-bigint-over-int': style,
    'prefer-bigint-over-smallint': style,
    'prefer-identity': style,
    'prefer-repack': by('table-rewritten'),
    'prefer-robust-stmts': not(
      'a file runs in one transaction, or Lotse records each statement and continues after the last one that is done',
    ),
    'prefer-text-field': style,
    'prefer-timestamp-tz': style,
    'renaming-column': by('rename'),
    'renaming-table': by('rename'),
    'require-concurrent-index-creation': by('index-blocks-writes'),
    'require-concurrent-index-deletion': by('drop-index-locks-table'),
    'require-concurrent-partition-detach': by('detach-locks'),
    'require-concurrent-reindex': by('reindex-blocks'),
    'require-enum-value-ordering': style,
    'require-table-schema': style,
    'require-timeout-settings': runner,
    'transaction-nesting': not('lotse up refuses BEGIN and COMMIT in a file'),
  },
  eugene: {
    E1: by('check-scans'),
    E2: by('set-not-null'),
    E3: style,
    E4: by('work-under-lock'),
    E5: by('column-type-rewrites'),
    E6: by('index-blocks-writes'),
    E7: by('unique-builds-index'),
    E8: by('exclude-scans'),
    E9: runner,
    E10: by('table-rewritten'),
    E11: by('column-generated'),
    W12: by('alters-repeated'),
    W13: style,
    W14: by('unique-builds-index'),
    E15: by('foreign-key-unindexed'),
  },
  atlas: {
    'DS101 schema dropped': by('drop-object'),
    'DS102 table dropped': by('drop-object'),
    'DS103 column dropped': by('drop-column'),
    'MF101 unique index added to existing column': by('new-promise'),
    'MF102 index made unique': by('new-promise'),
    'MF103 NOT NULL column added': by('add-column-not-null'),
    'MF104 column made NOT NULL': by('set-not-null'),
    'CD101 foreign key dropped': by('second-table-locked'),
    'BC101 table renamed': by('rename'),
    'BC102 column renamed': by('rename'),
    'PG101 index created not concurrently': by('index-blocks-writes'),
    'PG102 index dropped not concurrently': by('drop-index-locks-table'),
    'PG103 concurrently in a transaction': not(
      'lotse up refuses CONCURRENTLY in a file with a transaction before anything runs',
    ),
    'PG104 primary key added': by('unique-builds-index'),
    'PG105 unique constraint added': by('unique-builds-index'),
    'PG110 alignment of columns': style,
    'PG301 column type changed': by('column-type-rewrites'),
    'PG302 volatile default': by('column-volatile-default'),
    'PG303 column made NOT NULL': by('set-not-null'),
    'PG304 primary key on nullable columns': by('primary-key-scans'),
    'PG305 check constraint without NOT VALID': by('check-scans'),
    'PG306 foreign key without NOT VALID': by('foreign-key-scans'),
    'NM101 to NM106 names': style,
  },
}

test.each(Object.entries(coverage))('what %s checks is found here, or a sentence says why not', (_, checks) => {
  const names = rules.map(({ name }) => name)
  const covers = Object.entries(checks)
  expect(covers.filter(([, cover]) => 'rule' in cover && !names.includes(cover.rule))).toEqual([])
  const found = covers.filter(([, cover]) => 'rule' in cover).length
  console.log(`${found} of ${covers.length} by a rule`)
  expect(found).toBeGreaterThan(covers.length / 2)
})
