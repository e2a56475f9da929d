import { plainIdentifier } from '../../sql/quote.ts'
import { alterationsBy, droppedNames, relationOf, strings, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what pods of the old version still use: they run until the rollout is over, and again after a rollback. */

const later =
  '-- first a version of the application that does not use it; then, in the release after that:\n-- lotse: breaking\n'

export const dropColumn: Rule = {
  name: 'drop-column',
  kind: 'breaking',
  severity: 'error',
  finds: 'DROP COLUMN',
  why: 'Pods of the old version run until the rollout is over, and after a rollback: each of their statements that names the column fails (42703). Ship a version that does not use it, and drop it in the release after.',
  unsafe: 'alter table orders drop column note;',
  safe: '-- lotse: breaking\nalter table orders drop column note;',
  silent:
    'The file says "-- lotse: breaking", by which older versions refuse to meet this schema; or the same run adds the column or the table.',
  judge: ({ tree, sql }, facts) =>
    alterationsBy(tree, 'AT_DropColumn').flatMap(({ relation, name }): Found[] => {
      const table = tableOf(facts, relation)
      if (table.columns.get(name)?.fresh || (table.state === 'known' && !table.columns.has(name))) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: `Drops ${name} of ${table.name}, with its data.`,
          breaks: `Statements of the old version that name ${name} fail (42703), and so does an INSERT without a list of columns.`,
          safe: `${later}${sql};`,
        },
      ]
    }),
}

const objects = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
} as const

export const dropObject: Rule = {
  name: 'drop-object',
  kind: 'breaking',
  severity: 'error',
  finds: 'DROP TABLE, VIEW, MATERIALIZED VIEW, FUNCTION, PROCEDURE, SEQUENCE, TYPE, DOMAIN or SCHEMA',
  why: 'Pods of the old version run until the rollout is over, and after a rollback: whatever of them uses it fails (42P01, 42883). Ship a version that does not use it, and drop it in the release after.',
  unsafe: 'drop view open_orders;',
  safe: '-- lotse: breaking\ndrop view open_orders;',
  silent: 'The file says "-- lotse: breaking"; the same run creates it; the database does not have it.',
  judge: ({ tree, sql }, facts) =>
    Object.entries(objects).flatMap(([type, word]) =>
      droppedNames(tree, type).map((names): Found => {
        const relation = ['table', 'view', 'materialized view', 'sequence'].includes(word)
        const table = tableOf(facts, relationOf(names))
        const data = ['table', 'schema'].includes(word) ? ', with all data in it' : ''
        return {
          touches: relation ? [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }] : [],
          message: `Drops ${word} ${names.join('.')}${data}.`,
          breaks: `Statements of the old version that use it fail.`,
          safe: `${later}${sql};`,
        }
      }),
    ),
}

const renamed: Record<string, string> = {
  OBJECT_TABLE: 'table',
  OBJECT_COLUMN: 'column',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_SCHEMA: 'schema',
  OBJECT_TYPE: 'type',
  OBJECT_FUNCTION: 'function',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_ATTRIBUTE: 'attribute',
}

export const rename: Rule = {
  name: 'rename',
  kind: 'breaking',
  severity: 'error',
  finds: 'RENAME of a table, column, view, type, schema or function, and SET SCHEMA',
  why: 'The old version knows the old name and the new version the new one, and both run during a rollout. Give the new name to something new instead: a second column kept alike by a trigger, or a view of the old name.',
  unsafe: 'alter table orders rename column note to remark;',
  safe: 'alter index orders_total rename to orders_by_total;',
  silent:
    'The file says "-- lotse: breaking"; the same run creates it; indexes and constraints, which no statement names.',
  judge: ({ tree: { RenameStmt: statement, AlterObjectSchemaStmt: moved } }, facts) => {
    const word = renamed[statement?.renameType ?? moved?.objectType ?? '']
    if (!word) return []
    const relation = statement?.relation ?? moved?.relation
    const table = relation && tableOf(facts, relation)
    const column = word === 'column' || word === 'attribute'
    const what = column
      ? `${statement?.subname} of ${table?.name}`
      : `${word} ${table?.name ?? namesOf(statement?.object ?? moved?.object)}`
    return [
      {
        touches: table ? [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }] : [],
        message: moved ? `Moves ${what} to schema ${moved.newschema}.` : `Renames ${what} to ${statement?.newname}.`,
        breaks: `Statements of the old version that use the old name fail.`,
        safe: column
          ? `-- keep ${statement?.subname}; add the new column, kept alike by a trigger:\nalter table ${written(relation)} add column ${plainIdentifier(statement?.newname ?? '')} …;\n-- fill it in batches; drop ${statement?.subname} once no version uses it`
          : relation
            ? `-- in the same file, so that both names work until no version uses the old one:\n${moved ? `alter table ${written(relation)} set schema ${plainIdentifier(moved.newschema ?? '')}` : `alter table ${written(relation)} rename to ${plainIdentifier(statement?.newname ?? '')}`};\ncreate view ${written(relation)} as select * from ${moved ? `${plainIdentifier(moved.newschema ?? '')}.${plainIdentifier(relation.relname ?? '')}` : plainIdentifier(statement?.newname ?? '')};\n-- lotse: accept rename: a view keeps the old name`
            : '-- create it under the new name as well, and drop the old one once no version uses it',
      },
    ]
  },
}

function namesOf(object: unknown): string {
  const { List, String: name } = (object ?? {}) as { List?: { items?: unknown[] }; String?: { sval?: string } }
  return name?.sval ?? strings(List?.items).join('.')
}

export const enumValueRenamed: Rule = {
  name: 'enum-value-renamed',
  kind: 'breaking',
  severity: 'error',
  finds: 'ALTER TYPE RENAME VALUE',
  why: 'The old version writes and compares the old value, which no longer exists (22P02). Add the new value, let a version of the application read both, and change the rows in batches.',
  unsafe: `alter type order_state rename value 'open' to 'pending';`,
  safe: `alter type order_state add value 'pending';`,
  silent: 'The file says "-- lotse: breaking", or the same run creates the type.',
  judge: ({ tree: { AlterEnumStmt: statement } }, facts) => {
    if (!statement?.oldVal) return []
    const name = strings(statement.typeName).join('.')
    if (facts.types.get(name.includes('.') ? name : `${facts.schema}.${name}`)?.fresh) return []
    return [
      {
        touches: [],
        message: `Renames value ${statement.oldVal} of ${name} to ${statement.newVal}.`,
        breaks: `Statements of the old version that use '${statement.oldVal}' fail (22P02), and it does not know '${statement.newVal}' in what it reads.`,
        safe: `-- lotse: no-transaction\nalter type ${name} add value '${statement.newVal}';\n-- then change the rows in batches, once the application reads both`,
      },
    ]
  },
}
