import { plainIdentifier } from '../../sql/quote.ts'
import { strings, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Rule } from './rule.ts'

/** Rules about names that pods of the old version still use: they run until the rollout is over, and again after a rollback. */

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
