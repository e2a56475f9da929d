import type { Constraint } from '@pgsql/types'
import { plainIdentifier } from '../../sql/quote.ts'
import { type AddedColumn, addedColumns, alterationsBy, nodesOf, strings, typeOf, written } from './alterations.ts'
import { type Facts, keyOf, tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about new columns whose value has to be written into every row. */

export const columnVolatileDefault: Rule = {
  name: 'column-volatile-default',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD COLUMN with a volatile default',
  why: 'A default that differs from row to row, such as random() or gen_random_uuid(), is written into each: the table and its indexes are rewritten under ACCESS EXCLUSIVE. A constant, or now(), is kept in the catalogue once.',
  unsafe: 'alter table orders add column token uuid default gen_random_uuid();',
  safe: `alter table orders add column token uuid;\nalter table orders alter column token set default gen_random_uuid();`,
  silent: 'The table is small, or the same run creates it; the default is a constant or a stable function.',
  judge: ({ tree }, facts) =>
    addedColumns(tree).flatMap((added): Found[] => {
      const value = added.constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')
      const name = value && volatileFunction(value, facts)
      return name === undefined
        ? []
        : [
            rewriting(
              added,
              facts,
              `a default by ${name}(), which differs from row to row`,
              [
                `alter table ${written(added.relation)} add column ${plainIdentifier(added.name)} …;`,
                `alter table ${written(added.relation)} alter column ${plainIdentifier(added.name)} set default ${name}(…);`,
                '-- then fill the rows that are there in batches',
              ],
              value?.location,
            ),
          ]
    }),
}

/** Functions that are known to give one value for all rows of a statement, where no catalogue can tell (PostgreSQL docs 9.9). */
const stable = new Set(
  'now transaction_timestamp statement_timestamp current_setting current_schema version to_date to_timestamp to_char make_date make_interval make_timestamp lower upper md5 coalesce concat json_build_object jsonb_build_object json_build_array jsonb_build_array array_fill string_to_array date_trunc pg_backend_pid current_database length abs round'.split(
    ' ',
  ),
)

function volatileFunction(constraint: Constraint, facts: Facts): string | undefined {
  const names = nodesOf(constraint.raw_expr, 'FuncCall').map(({ funcname }) => strings(funcname).at(-1) ?? '')
  return names.find((name) => {
    const volatility = facts.functions.get(name)
    return volatility ? volatility === 'v' : !stable.has(name)
  })
}

function rewriting(
  { relation, name, column }: AddedColumn,
  facts: Facts,
  what: string,
  safe: readonly string[],
  at = column.location,
): Found {
  const table = tableOf(facts, relation)
  return {
    touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }],
    message: `Adds ${name} to ${table.name} with ${what}: the table and its indexes are rewritten, and reads and writes wait.`,
    safe: safe.join('\n'),
    at,
  }
}

export const columnGenerated: Rule = {
  name: 'column-generated',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD COLUMN of a serial type, AS IDENTITY, or GENERATED … STORED',
  why: 'Every row gets a value of its own, so the table and its indexes are rewritten under ACCESS EXCLUSIVE. A VIRTUAL generated column (PostgreSQL 18) is computed when it is read, and free.',
  unsafe: 'alter table orders add column number bigserial;',
  safe: 'alter table orders add column number bigint;',
  silent: 'The table is small, or the same run creates it; a VIRTUAL generated column.',
  judge: ({ tree }, facts) => {
    const added = addedColumns(tree).flatMap((added): Found[] => {
      const serial = /^(big|small)?serial\d?$/.test(typeOf(added.column.typeName).type)
      const generated = added.constraints.find(
        ({ contype, generated_kind }) => contype === 'CONSTR_GENERATED' && generated_kind === 's',
      )
      const identity = added.constraints.find(({ contype }) => contype === 'CONSTR_IDENTITY')
      const what = serial
        ? 'a serial type'
        : identity
          ? 'an identity'
          : generated
            ? 'a stored generated value'
            : undefined
      const [table, column] = [written(added.relation), plainIdentifier(added.name)]
      const sequence = plainIdentifier(`${added.relation.relname}_${added.name}_seq`)
      const safe = generated
        ? facts.version >= 180_000
          ? [`alter table ${table} add column ${column} … generated always as (…) virtual;`]
          : [
              `alter table ${table} add column ${column} …;`,
              '-- fill it by a trigger for new rows, and in batches for old ones',
            ]
        : [
            `create sequence ${sequence};`,
            `alter table ${table} add column ${column} bigint;`,
            `alter table ${table} alter column ${column} set default nextval('${sequence}');`,
            '-- then fill the rows that are there in batches, and see rule set-not-null',
          ]
      return what ? [rewriting(added, facts, what, safe, (generated ?? identity)?.location)] : []
    })
    const changed = alterationsBy(tree, 'AT_SetExpression').map(({ relation, name }): Found => {
      const table = tableOf(facts, relation)
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }],
        message: `Changes the expression of ${name}: ${table.name} and its indexes are rewritten, and reads and writes wait.`,
        safe: `-- add a second column with the new expression, let the application read it, drop this one later`,
      }
    })
    return [...added, ...changed]
  },
}

export const columnDomain: Rule = {
  name: 'column-domain',
  kind: 'blocking',
  severity: 'error',
  finds: 'ADD COLUMN of a domain with constraints',
  why: 'The table and its indexes are rewritten under ACCESS EXCLUSIVE, even for a column that is null in every row. Use the domain’s base type with a CHECK NOT VALID.',
  unsafe: 'alter table orders add column paid amount;',
  safe: 'alter table orders add column paid integer;',
  silent:
    'The table is small, or the same run creates it; the domain has no constraint; without a database, a domain that no pending file creates.',
  judge: ({ tree }, facts) =>
    addedColumns(tree).flatMap((added): Found[] => {
      const names = strings(added.column.typeName?.names)
      const domain = names.at(-1) ?? ''
      const type = facts.types.get(keyOf(facts, names.at(-2), domain))
      if (type?.kind !== 'd' || !type.constrained) return []
      return [
        rewriting(added, facts, `domain ${domain}, whose constraint is checked for each row`, [
          `alter table ${written(added.relation)} add column ${plainIdentifier(added.name)} BASE_TYPE;`,
          `alter table ${written(added.relation)} add constraint … check (…) not valid;`,
          '-- in a later file:',
          `alter table ${written(added.relation)} validate constraint …;`,
        ]),
      ]
    }),
}
