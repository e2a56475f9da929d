import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'
import { literal } from '../sql/quote.ts'

/** What the catalogue says of a backfill's table. */
export type Target = { readonly oid: number; readonly expected: number | undefined }

/**
 * Looks the table and the key of a backfill up. Throws PlanRefused where it cannot go by that key: no such table or column, no unique
 * index of the column alone, or rows in which it is null, which no batch would reach.
 */
export async function findTarget(session: Session, migration: Migration): Promise<Target> {
  const { table, key } = migration.directives.backfill ?? { table: '', key: '' }
  const column = key.startsWith('"') ? key.slice(1, -1).replaceAll('""', '"') : key.toLowerCase()
  const { rows } = await session.query(
    `select c.oid::int8::text as oid, c.relkind as kind, c.reltuples::float8 as tuples, a.attnum, a.attnotnull as filled,
            exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null
                       and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as indexed,
            exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indnkeyatts > 1
                       and a.attnum = any (i.indkey::int2[])) as composite
       from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname = ${literal(column)} and not a.attisdropped
      where c.oid = to_regclass(${literal(table)})`,
  )
  const [facts] = rows
  const refuse = (what: string, change: string): Failure =>
    new Failure('PlanRefused', {
      summary: `${migration.file} cannot go through ${table} by ${key}: ${what}`,
      state: ['Nothing was changed.'],
      remedy: { kind: 'changeFiles', change },
    })
  if (!facts || !['r', 'p'].includes(facts.kind))
    throw refuse(
      'there is no such table',
      `correct the name in ${migration.file} (with its schema, where the search_path lacks it)`,
    )
  if (facts.attnum === null) throw refuse('it has no such column', `name a column of ${table} in ${migration.file}`)
  if (!facts.indexed)
    throw refuse(
      facts.composite
        ? 'the column is unique only together with others, and a batch is bounded by one column'
        : 'the column has no unique index of its own',
      `name a column in ${migration.file} that has one, or add one (CREATE UNIQUE INDEX CONCURRENTLY in an expand migration)`,
    )
  if (!facts.filled) {
    const { rows: nulls } = await session.query(`select exists (select from ${table} where ${key} is null) as some`)
    if (nulls[0].some)
      throw refuse('it is null in some rows, which no batch would reach', 'name a column that is never null')
  }
  return { oid: Number(facts.oid), expected: facts.tuples > 0 ? Math.round(facts.tuples) : undefined }
}
