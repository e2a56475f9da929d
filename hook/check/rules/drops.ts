import type { Tree } from '../../sql/parse.ts'
import { alterationsBy, droppedNames, relationOf, written } from './alterations.ts'
import { type Facts, tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what is dropped or emptied while pods of the old version still use it: they run until the rollout is over, and again after a rollback. */

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
  silent:
    'The file says "-- lotse: breaking"; the same run creates it; the database does not have it; an empty schema.',
  judge: ({ tree, sql }, facts) =>
    Object.entries(objects).flatMap(([type, word]) =>
      droppedNames(tree, type).flatMap((names): Found[] => {
        if (word === 'schema' && isEmptySchema(names, facts)) return []
        const relation = ['table', 'view', 'materialized view', 'sequence'].includes(word)
        const table = tableOf(facts, relationOf(names))
        const data = ['table', 'schema'].includes(word) ? ', with all data in it' : ''
        return [
          {
            touches: relation ? [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }] : [],
            message: `Drops ${word} ${names.join('.')}${data}.`,
            breaks: `Statements of the old version that use it fail.`,
            safe: `${later}${sql};`,
          },
        ]
      }),
    ),
}

export const dataRemoved: Rule = {
  name: 'data-removed',
  kind: 'breaking',
  severity: 'error',
  finds: 'TRUNCATE, and DROP … CASCADE',
  why: 'The rows are gone for good, and TRUNCATE takes ACCESS EXCLUSIVE. CASCADE removes what the file does not name: rows of other tables, or views, foreign keys and columns that depend on it.',
  unsafe: 'truncate orders;',
  safe: 'delete from orders where id = 1;',
  silent: 'The file says "-- lotse: breaking", or the same run creates the table.',
  judge: ({ tree }, facts) => {
    const { TruncateStmt: truncate, DropStmt: drop } = tree
    const emptied = (truncate?.relations ?? []).flatMap(({ RangeVar }: Tree) => RangeVar ?? [])
    const cascades = truncate?.behavior === 'DROP_CASCADE'
    const truncated = emptied.map((relation): Found => {
      const table = tableOf(facts, relation)
      const others = cascades ? table.referencedBy.map((key) => facts.tables.get(key)?.name ?? key) : []
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `Removes every row of ${table.name}${cascades ? ` and of ${others.length > 0 ? others.join(', ') : 'each table that refers to it'}` : ''}.`,
        breaks: 'The old version finds no rows.',
        safe: `delete from ${written(relation)} where …;`,
      }
    })
    const columns = alterationsBy(tree, 'AT_DropColumn', 'AT_DropConstraint').filter(
      ({ command }) => command.behavior === 'DROP_CASCADE',
    )
    const empty = droppedNames(tree, 'OBJECT_SCHEMA')
    const nothing = empty.length > 0 && empty.every((names) => isEmptySchema(names, facts))
    const dropped = (drop?.behavior === 'DROP_CASCADE' && !nothing) || columns.length > 0
    if (!dropped) return truncated
    const touches = columns.map(({ relation }) => ({
      table: tableOf(facts, relation),
      lock: 'ACCESS EXCLUSIVE' as const,
      work: 'none' as const,
    }))
    return [
      ...truncated,
      {
        touches,
        message: 'CASCADE drops everything that depends on it, which this file does not name.',
        breaks: 'The old version may use what is dropped with it.',
        safe: '-- name what is to be dropped, one by one, without CASCADE',
      },
    ]
  },
}

function isEmptySchema(names: readonly string[], { usedSchemas }: Facts): boolean {
  return usedSchemas !== undefined && !names.some((name) => usedSchemas.has(name))
}
