import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { addedColumns, alterationsBy, constraintsOf, written } from './alterations.ts'
import { type Facts, type Table, tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what a publication sends to its subscribers: rows, and no DDL (PostgreSQL docs 29.8). */

/** Whether somebody reads this database's changes by PostgreSQL's own logical replication; pgoutput is its plugin. */
export function hasSubscribers({ slots }: Facts): boolean {
  return slots.some(({ own, plugin }) => own === true && plugin === 'pgoutput')
}

/** Publications that send this column, or would send a new one. */
function sending({ publications, listed }: Table, column?: string): readonly string[] {
  return publications.filter((name) => {
    const list = listed.find(({ publication }) => publication === name)
    return !list?.only || (column !== undefined && list.columns.includes(column))
  })
}

const stops =
  'Subscribers of PostgreSQL stop at the next row of the table, and try again without end; meanwhile their slot keeps the WAL.'

const silentWithoutSlot =
  'no logical replication slot of this database has the plugin pgoutput; without a database, always.'

export const publishedColumnAdded: Rule = {
  name: 'published-column-added',
  kind: 'mistake',
  severity: 'warning',
  finds: 'ADD COLUMN on a published table',
  why: `Logical replication sends rows and no DDL: a subscriber whose table lacks the column cannot apply the next row. ${stops} Add the column to the subscribers first; one that the publisher lacks gets its default.`,
  unsafe: 'alter table payments add column method text;',
  safe: '-- on each subscriber, before this one:\n-- alter table payments add column method text;',
  silent: `No publication has the table, or it sends a list of columns; ${silentWithoutSlot}`,
  judge: ({ tree }, facts) =>
    !hasSubscribers(facts)
      ? []
      : addedColumns(tree).flatMap(({ relation, name, column }): Found[] => {
          const table = tableOf(facts, relation)
          const publications = sending(table)
          if (publications.length === 0 || table.columns.has(name)) return []
          return [
            {
              touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
              message: `Adds ${name} to ${table.name}, whose rows publication ${publications.join(', ')} sends: a subscriber that lacks the column stops.`,
              safe: `-- on each subscriber, before this one:\n-- alter table ${written(relation)} add column ${plainIdentifier(name)} …;\n-- then accept this finding with that as its reason`,
              at: column.location,
            },
          ]
        }),
}

export const publishedRename: Rule = {
  name: 'published-rename',
  kind: 'mistake',
  severity: 'error',
  finds: 'RENAME of a published table or of a column that a publication sends',
  why: `Subscribers know tables and columns by their names, and the new name is not there: ${stops}`,
  unsafe: 'alter table payments rename column paid to paid_cents;',
  safe: 'alter table payments alter column paid set statistics 500;',
  silent: `No publication has the table, or its list of columns leaves the column out; ${silentWithoutSlot}`,
  judge: ({ tree: { RenameStmt: statement, AlterObjectSchemaStmt: moved } }, facts) => {
    const relation = statement?.relation ?? moved?.relation
    const type = statement?.renameType ?? moved?.objectType ?? ''
    if (!relation || !['OBJECT_TABLE', 'OBJECT_COLUMN'].includes(type) || !hasSubscribers(facts)) return []
    const table = tableOf(facts, relation)
    const column = type === 'OBJECT_COLUMN' ? statement?.subname : undefined
    const publications = column === undefined ? table.publications : sending(table, column)
    if (publications.length === 0) return []
    const what = column === undefined ? table.name : `${column} of ${table.name}`
    return [
      {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `Gives ${what} another name, by which no subscriber of publication ${publications.join(', ')} knows it: replication stops.`,
        safe: `-- keep the name; or add the new ${column === undefined ? 'table' : 'column'} to the subscribers first, then here, and drop this one in a later release`,
      },
    ]
  },
}

export const publishedColumnDropped: Rule = {
  name: 'published-column-dropped',
  kind: 'mistake',
  severity: 'error',
  finds: 'DROP COLUMN of a column that a publication’s row filter or list of columns names',
  why: 'PostgreSQL refuses it (2BP01); with CASCADE it takes the table out of the publication, and its subscribers get no more of its rows, without an error. Give the publication another filter or list first.',
  unsafe: 'alter table bookings drop column during;',
  safe: 'alter publication spans set table bookings (id);\n-- lotse: breaking, in a later file:\n-- alter table bookings drop column during;',
  silent:
    'No publication names the column; PostgreSQL 14, which has no filters and no lists; without a database, always.',
  since: 15,
  judge: ({ tree }, facts) =>
    alterationsBy(tree, 'AT_DropColumn').flatMap(({ relation, name, command }): Found[] => {
      const table = tableOf(facts, relation)
      const naming = table.listed.filter(({ columns }) => columns.includes(name)).map(({ publication }) => publication)
      if (naming.length === 0) return []
      const drops = command.behavior === 'DROP_CASCADE'
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: drops
            ? `Takes ${table.name} out of publication ${naming.join(', ')}, which names ${name}: subscribers get no more of its rows.`
            : `Publication ${naming.join(', ')} names ${name} of ${table.name}: this statement fails (2BP01).`,
          safe: `-- before it, a filter and a list of columns without ${name}:\nalter publication ${plainIdentifier(naming[0] ?? '')} set table ${written(relation)} (…);`,
        },
      ]
    }),
}

/** The table that a CREATE TABLE makes, where a publication FOR ALL TABLES takes it in: temporary and unlogged ones are not sent. */
function createdIn({ CreateStmt: statement }: Tree, facts: Facts): string | undefined {
  const { relation, partbound } = statement ?? {}
  if (!relation || partbound || relation.relpersistence !== 'p') return undefined
  const before = tableOf(facts, relation).state
  return before === 'absent' || before === 'fresh' ? written(relation) : undefined
}

export const publishedTableCreated: Rule = {
  name: 'published-table-created',
  kind: 'mistake',
  severity: 'warning',
  finds: 'CREATE TABLE in a database with a publication FOR ALL TABLES',
  why: `The publication sends the rows of the new table at once, and subscribers do not have it: replication of every table stops at its first row, until it is there. ${stops} Create it on the subscribers first.`,
  unsafe: 'create table receipts (id bigint primary key);',
  safe: '-- on each subscriber, before this one:\n-- create table receipts (id bigint primary key);\n-- and after it: alter subscription … refresh publication;',
  silent: `No publication is FOR ALL TABLES (one FOR TABLES IN SCHEMA is not looked at); temporary and unlogged tables; partitions; \`lotse up\` reads no file for it that only creates tables; ${silentWithoutSlot}`,
  judge: ({ tree }, facts) => {
    const table = createdIn(tree, facts)
    const names = facts.publishing.map(({ publication }) => publication)
    if (!table || names.length === 0 || !hasSubscribers(facts)) return []
    return [
      {
        touches: [],
        message: `Publication ${names.join(', ')} sends the rows of ${table} as soon as there are any: a subscriber that lacks the table stops.`,
        safe: `-- on each subscriber, before this one:\n-- create table ${table} (…);\n-- and after it: alter subscription … refresh publication;\n-- then accept this finding with that as its reason`,
      },
    ]
  },
}

export const publishedWithoutIdentity: Rule = {
  name: 'published-without-identity',
  kind: 'mistake',
  severity: 'error',
  finds: 'CREATE TABLE without a primary key in a database with a publication FOR ALL TABLES of updates or deletes',
  why: 'Without a primary key it has no replica identity, and every UPDATE and DELETE of it fails (55000): the publication takes the table in at once, whether or not anybody subscribes.',
  unsafe: 'create table tags (name text);',
  safe: 'create table tags (name text primary key);',
  silent:
    'The table has a primary key, or may get one from a table that it is made like; no publication is FOR ALL TABLES; `lotse up` reads no file for it that only creates tables; without a database, always.',
  judge: ({ tree }, facts) => {
    const table = createdIn(tree, facts)
    const names = facts.publishing.filter(({ changes }) => changes).map(({ publication }) => publication)
    const elements: readonly Tree[] = tree.CreateStmt?.tableElts ?? []
    const mayHaveOne =
      tree.CreateStmt?.ofTypename !== undefined ||
      elements.some(
        ({ ColumnDef, Constraint, TableLikeClause }) =>
          TableLikeClause !== undefined ||
          [...(ColumnDef ? constraintsOf(ColumnDef) : []), ...(Constraint ? [Constraint] : [])].some(
            ({ contype }) => contype === 'CONSTR_PRIMARY',
          ),
      )
    if (!table || names.length === 0 || mayHaveOne) return []
    return [
      {
        touches: [],
        message: `Creates ${table} without a primary key, and publication ${names.join(', ')} takes it in: every UPDATE and DELETE of it fails (55000).`,
        safe: `create table ${table} (… primary key (…));\n-- or, after it, in the same file:\nalter table ${table} replica identity full;`,
      },
    ]
  },
}
