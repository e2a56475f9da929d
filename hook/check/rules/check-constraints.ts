import { plainIdentifier } from '../../sql/quote.ts'
import { addedColumns, addedConstraints, alterationsBy, alterationsOf, strings, written } from './alterations.ts'
import { keyOf, tableOf, unknownTable } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about CHECK constraints, of tables, new columns and domains. */

export const checkScans: Rule = {
  name: 'check-scans',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD CHECK without NOT VALID',
  why: 'Every row is read under ACCESS EXCLUSIVE. With NOT VALID only new rows are checked; VALIDATE CONSTRAINT in a later file checks the old ones without blocking reads or writes.',
  unsafe: 'alter table orders add constraint orders_total_positive check (total >= 0);',
  safe: 'alter table orders add constraint orders_total_positive check (total >= 0) not valid;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree, sql }, facts) =>
    addedConstraints(tree, 'CONSTR_CHECK').flatMap(({ relation, constraint }): Found[] => {
      if (constraint.skip_validation || constraint.is_enforced === false) return []
      const table = tableOf(facts, relation)
      const name = constraint.conname ? plainIdentifier(constraint.conname) : 'NAME'
      const whole =
        alterationsOf(tree).length === 1
          ? `${sql} not valid;`
          : `alter table ${written(relation)} add constraint ${name} check (…) not valid;`
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'scan' }],
          message: `Checks every row of ${table.name} and blocks reads and writes meanwhile.`,
          breaks: 'An INSERT or UPDATE of the old version that violates it fails (23514).',
          safe: `${whole}\n-- in a later file:\nalter table ${written(relation)} validate constraint ${name};`,
          at: constraint.location,
        },
      ]
    }),
}

export const columnCheck: Rule = {
  name: 'column-check',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD COLUMN with CHECK',
  why: 'Every row is read under ACCESS EXCLUSIVE, even though the new column is null in all of them.',
  unsafe: 'alter table orders add column discount integer check (discount >= 0);',
  safe: 'alter table orders add column discount integer;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree }, facts) =>
    addedColumns(tree).flatMap(({ relation, name, constraints }) =>
      constraints
        .filter(({ contype }) => contype === 'CONSTR_CHECK')
        .map((constraint): Found => {
          const table = tableOf(facts, relation)
          const check = plainIdentifier(constraint.conname || `${relation.relname}_${name}_check`)
          return {
            touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'scan' }],
            message: `Adds ${name} to ${table.name} with a CHECK, which reads every row and blocks reads and writes meanwhile.`,
            safe: [
              `alter table ${written(relation)} add column ${plainIdentifier(name)} …;`,
              `alter table ${written(relation)} add constraint ${check} check (…) not valid;`,
              '-- in a later file:',
              `alter table ${written(relation)} validate constraint ${check};`,
            ].join('\n'),
            at: constraint.location,
          }
        }),
    ),
}

export const validateTogether: Rule = {
  name: 'validate-together',
  kind: 'blocking',
  severity: 'error',
  finds: 'VALIDATE CONSTRAINT in the transaction that holds a strong lock on the table',
  why: 'VALIDATE by itself blocks nobody, but the lock of the statement before it is held until the transaction ends. Put it into a later file.',
  unsafe:
    'alter table orders add constraint orders_total_positive check (total >= 0) not valid;\nalter table orders validate constraint orders_total_positive;',
  safe: 'alter table orders validate constraint orders_seller_check;',
  silent:
    'The file has no transaction, or its own statement before it takes no strong lock on the table; the table is small.',
  judge: ({ tree, before }, facts) =>
    alterationsBy(tree, 'AT_ValidateConstraint').flatMap(({ relation, name }): Found[] => {
      const table = tableOf(facts, relation)
      const locking = before
        .flatMap(alterationsOf)
        .filter((each) => each.kind !== 'AT_ValidateConstraint' && tableOf(facts, each.relation).key === table.key)
      if (locking.length === 0) return []
      const onlyKeys = locking.every(({ constraint }) => constraint?.contype === 'CONSTR_FOREIGN')
      const lock = onlyKeys ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE'
      return [
        {
          touches: [{ table, lock, work: 'scan' }],
          message: `Validates ${name} while an earlier statement of the same transaction still locks ${table.name} ${onlyKeys ? 'against writes' : 'against reads and writes'}.`,
          safe: `-- in a later file:\nalter table ${written(relation)} validate constraint ${plainIdentifier(name)};`,
        },
      ]
    }),
}

export const domainConstraint: Rule = {
  name: 'domain-constraint',
  kind: 'blocking',
  severity: 'error',
  finds: 'ALTER DOMAIN ADD CONSTRAINT without NOT VALID',
  why: 'Every table with a column of the domain is scanned, and SHARE on each blocks its writes until all are done.',
  unsafe: 'alter domain amount add constraint amount_small check (value < 1000000);',
  safe: 'alter domain amount add constraint amount_small check (value < 1000000) not valid;',
  silent: 'The tables that use the domain are small, or there are none.',
  judge: ({ tree: { AlterDomainStmt: statement }, sql }, facts) => {
    const names = strings(statement?.typeName)
    const definition = statement?.def as { Constraint?: { skip_validation?: boolean; conname?: string } } | undefined
    const setsNotNull = statement?.subtype === 'O'
    if (!(setsNotNull || statement?.subtype === 'C') || definition?.Constraint?.skip_validation) return []
    const domain = names.at(-1) ?? ''
    const type = facts.types.get(keyOf(facts, names.at(-2), domain))
    if (type?.fresh) return []
    const tables = facts.online
      ? (type?.usedBy ?? []).map((key) => facts.tables.get(key) ?? unknownTable(facts, key))
      : [{ ...unknownTable(facts, ''), name: `every table that uses ${domain}` }]
    if (tables.length === 0) return []
    const name = plainIdentifier(definition?.Constraint?.conname || 'NAME')
    const alter = `alter domain ${plainIdentifier(domain)}`
    const whole = setsNotNull ? `${alter} add constraint ${name} check (value is not null)` : sql
    return [
      {
        touches: tables.map((table) => ({ table, lock: 'SHARE', work: 'scan' }) as const),
        message: `Scans ${tables.map((table) => table.name).join(', ')}, with columns of domain ${domain}, and blocks writes meanwhile.`,
        safe: `${whole} not valid;\n-- in a later file:\n${alter} validate constraint ${name};`,
      },
    ]
  },
}
