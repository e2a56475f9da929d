import type { Direction } from '../event.ts'
import type { Migration } from '../migration/migration.ts'
import { identifier, literal } from '../sql/quote.ts'
import { alterHistory } from './alter-history.ts'
import { codeOf } from './errors.ts'
import { notOwner } from './history-access.ts'
import { type HistoryTable, holdsLock } from './lock.ts'
import type { Session } from './session.ts'

/**
 * What is written to the history. Where a row has to commit together with a migration, a function returns its SQL as text, which can go
 * out in one message with others. Everything here is done under the run lock.
 */

/** SQL that the server computes a value by. */
export type Expression = { readonly sql: string }

/** How far a file has come: hashes of the statements that are done, and of the one that was begun and not seen to end. */
export type Begun = { readonly done: readonly string[]; readonly underWay: string | undefined }

/** Creates or finds the row that says a migration outside of a transaction is under way. */
export async function start(
  session: Session,
  table: HistoryTable,
  migration: Migration,
  direction: Direction,
): Promise<Begun> {
  const state = direction === 'up' ? 'started' : 'reverting'
  const name = literal(migration.name)
  const { rows } = await session.query(`select state, statements, under_way from ${table.sql} where name = ${name}`)
  if (rows[0]?.state === state) return { done: rows[0].statements, underWay: rows[0].under_way ?? undefined }
  await session.query(
    direction === 'up'
      ? upsert(session, table, { ...columnsOf(table, migration), state, statements: [], under_way: null })
      : `update ${table.sql} set state = '${state}', statements = '{}', under_way = null where name = ${name}`,
  )
  return { done: [], underWay: undefined }
}

/** Whether something of a migration without a transaction was done in an earlier run: a script's row says that it was called. */
export async function isBegun(session: Session, table: HistoryTable, { name, kind }: Migration): Promise<boolean> {
  const begun = kind === 'script' ? 'true' : '(cardinality(statements) > 0 or under_way is not null)'
  const { rows } = await session.query(
    `select from ${table.sql} where name = ${literal(name)} and state = 'started' and ${begun}`,
  )
  return rows.length > 0
}

/** SQL that remembers a statement as done. Changes one row while the session holds the run lock, none after it was lost. */
export function remember(table: HistoryTable, name: string, statement: string): string {
  const done = `statements || ${literal(statement)}::text`
  return `update ${table.sql} set statements = ${done}, under_way = null where ${rowUnderLock(table, name)}`
}

/** SQL that remembers which statement is under way, or none. Changes one row while the session holds the run lock. */
export function markUnderWay(table: HistoryTable, name: string, statement: string | null): string {
  return `update ${table.sql} set under_way = ${literal(statement)} where ${rowUnderLock(table, name)}`
}

/** SQL that settles a migration as applied. `begun`: there may be a row of an earlier attempt. Takes milliseconds. */
export function settle(
  session: Session,
  table: HistoryTable,
  migration: Migration,
  elapsed: number | Expression,
  begun: boolean,
): string {
  const duration_ms = typeof elapsed === 'number' ? Math.round(elapsed) : elapsed
  const row = { ...columnsOf(table, migration), duration_ms }
  return begun || migration.repeatable
    ? upsert(session, table, { ...row, ...finished(table, migration), origin: 'up' })
    : insert(session, table, row)
}

/** SQL that records a migration as applied by a person's word. */
export function takeForApplied(
  session: Session,
  table: HistoryTable,
  migration: Migration,
  origin: 'baseline' | 'repair',
): string {
  return upsert(session, table, { ...columnsOf(table, migration), ...finished(table, migration), origin })
}

/** What another tool has recorded of a migration: its name, and when and by whom it was applied, where it records that. */
export type Origin = { readonly origin: string; readonly at: string | null; readonly by: string | null }

/** SQL that records a migration as applied by another tool. No release and no pod of ours has applied it. */
export function takeOver(
  { identity: { lotse } }: Session,
  table: HistoryTable,
  migration: Migration,
  { origin, at, by }: Origin,
): string {
  const known = { ...(at === null ? {} : { applied_at: at }), ...(by === null ? {} : { applied_by: by }) }
  return insertInto(table, { ...columnsOf(table, migration), ...finished(table, migration), origin, ...known, lotse })
}

/**
 * Lets the history name other tools: tables of Lotse 0.1.0 allow three origins. That changes nothing for an older Lotse, which reads no
 * origin but to show it, so the format stays the same. Waits for no lock longer than gates can wait for their answer.
 */
export async function letOriginsBeTools(session: Session, table: HistoryTable): Promise<void> {
  const { rows } = await session.query(
    `select conname as name from pg_constraint
      where conrelid = ${literal(table.sql)}::regclass and contype = 'c' and pg_get_constraintdef(oid) ~ '\\morigin\\M'`,
  )
  const drops = rows.map(({ name }) => `alter table ${table.sql} drop constraint ${identifier([name])}`)
  if (drops.length === 0) return
  const [drop = ''] = drops
  try {
    await alterHistory(session, drops, 5_000)
  } catch (error) {
    throw codeOf(error) === '42501' ? await notOwner(session, table, drop, error) : error
  }
}

/** SQL that takes over what the file says; when and by whom it was applied stays. A begun reversal starts anew. */
export function accept(table: HistoryTable, migration: Migration): string {
  const { name, ...texts } = columnsOf(table, migration)
  const { statements, under_way } = finished(table, migration)
  const pairs = Object.entries({ ...texts, statements, under_way }).map(
    ([column, value]) => `${column} = ${sqlOf(value)}`,
  )
  return `update ${table.sql} set ${pairs.join(', ')} where name = ${literal(name)}`
}

/** SQL that removes a migration's row. */
export function forget(table: HistoryTable, name: string): string {
  return `delete from ${table.sql} where name = ${literal(name)}`
}

type Value = string | number | boolean | null | readonly string[] | Expression
type Columns = Readonly<Record<string, Value>>

type Finished = { readonly state: 'applied'; readonly statements: Value; readonly under_way: null }

/**
 * How a row says that a migration is applied. A repeatable one keeps the checksums of all texts that it ran with, the last one last:
 * an older image finds its own among them, and a Lotse that does not know repeatable ones reads no statements of what is applied.
 */
function finished(table: HistoryTable, { name, checksum, repeatable }: Migration): Finished {
  const before = `select array_remove(statements, ${literal(checksum)}) from ${table.sql} where name = ${literal(name)} and state = 'applied'`
  const statements = repeatable ? { sql: `coalesce((${before}), '{}') || ${literal(checksum)}::text` } : []
  return { state: 'applied', statements, under_way: null }
}

function columnsOf(
  { keepsAccepted, foreseen }: HistoryTable,
  { name, checksum, directives, down }: Migration,
): { readonly name: string } & Columns {
  const { accepts } = directives
  const work = foreseen?.get(name)
  return {
    name,
    checksum,
    breaking: directives.breaking,
    down_sql: down?.text ?? null,
    down_checksum: down?.checksum ?? null,
    ...(work ? { work: JSON.stringify(work) } : {}),
    ...(keepsAccepted ? { accepted: accepts.length > 0 ? JSON.stringify(accepts) : null } : {}),
  }
}

function rowUnderLock(table: HistoryTable, name: string): string {
  return `name = ${literal(name)} and ${holdsLock(table)}`
}

function upsert(session: Session, table: HistoryTable, row: Columns): string {
  const names = Object.keys(withIdentity(session, row))
  return `${insert(session, table, row)}
    on conflict (name) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}, applied_at = clock_timestamp()`
}

function insert(session: Session, table: HistoryTable, row: Columns): string {
  return insertInto(table, withIdentity(session, row))
}

function insertInto(table: HistoryTable, row: Columns): string {
  const columns = Object.entries(row)
  const names = columns.map(([name]) => name).join(', ')
  return `insert into ${table.sql} (${names}) values (${columns.map(([, value]) => sqlOf(value)).join(', ')})`
}

function withIdentity({ identity: { release, pod, lotse } }: Session, row: Columns): Columns {
  return { ...row, ...(release ? { release } : {}), ...(pod ? { pod } : {}), lotse }
}

function sqlOf(value: Value): string {
  if (typeof value !== 'object' || value === null) return literal(value)
  return 'sql' in value ? value.sql : `array[${value.map(literal).join(', ')}]::text[]`
}
