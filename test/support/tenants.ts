import { expect } from 'vitest'
import { freshDatabase, type TestDatabase } from './database.ts'
import { lotse, type Run, type Started, start } from './lotse.ts'

/** The tenants that a test makes, by the names of their schemas. */
export const everyTenant = `select nspname from pg_namespace where nspname like 'tenant%'`

/** A database with so many tenants' schemas, `tenant_0000` and so on. */
export async function withTenants(amount: number): Promise<TestDatabase> {
  const database = await freshDatabase()
  await database.query(
    `do $$ begin for n in 0 .. ${amount - 1} loop execute format('create schema %I', 'tenant_' || to_char(n, 'FM0000')); end loop; end $$`,
  )
  return database
}

export const nameOf = (n: number): string => `tenant_${String(n).padStart(4, '0')}`

/** How the command is told to go through the tenants. */
export function environment({ url }: TestDatabase, migrations: string): Record<string, string> {
  return { DATABASE_URL: url, LOTSE_MIGRATIONS: migrations, LOTSE_EACH_SCHEMA: everyTenant }
}

export function upEach(database: TestDatabase, migrations: string, ...args: string[]): Promise<Run> {
  return lotse(['up', ...args], environment(database, migrations))
}

export function startEach(database: TestDatabase, migrations: string, ...args: string[]): Started {
  return start(['up', ...args], environment(database, migrations))
}

/** Everything that migrations and Lotse have left in a schema, without its name: columns, indexes, constraints, and what the history says. */
export async function contentsOf({ query }: TestDatabase, schema: string): Promise<unknown> {
  const [catalogue] = await query(
    `select array_agg(line order by line) as lines from (
       select replace(format('%s.%s %s %s %s', c.relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)), $1 || '.', '') as line
         from pg_class c join pg_attribute on attrelid = c.oid left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where relnamespace = $1::regnamespace and relkind = 'r' and attnum > 0
       union all
       select replace(pg_get_indexdef(i.oid), $1 || '.', '') from pg_class i where relnamespace = $1::regnamespace and relkind = 'i'
       union all
       select conname || replace(pg_get_constraintdef(oid), $1 || '.', '') from pg_constraint where connamespace = $1::regnamespace
     ) as lines`,
    [schema],
  )
  const history = await query(`select name, checksum, state, origin from ${schema}.lotse_history order by position`)
  return { ...catalogue, history }
}

/** A tenant that is migrated by itself, in a database of its own. */
export async function migratedAlone(migrations: string): Promise<unknown> {
  const database = await withTenants(1)
  const url = Object.assign(new URL(database.url), { search: `?search_path=${nameOf(0)},public` }).href
  const run = await lotse(['up', '--schema', nameOf(0)], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrations })
  expect(run.code, run.output).toBe(0)
  return contentsOf(database, nameOf(0))
}
