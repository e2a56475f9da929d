import { readFileSync } from 'node:fs'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Acceptance } from '../migration/finding.ts'
import type { Applied } from '../migration/migration.ts'
import { literal } from '../sql/quote.ts'
import { codeOf, isSqlError } from './errors.ts'
import { needed, openPolicies, outOfReach, type Purpose, refusedAccess } from './history-access.ts'
import type { HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/** What the history says, read in one round trip. */
export type History = {
  readonly rows: readonly Applied[]
  /** The table does not exist yet. */
  readonly absent: boolean
  /** Whether the role may do what the purpose needs; it may read, at least. */
  readonly granted: boolean
  /** Nothing is applied, or not yet all of what the first run was to apply: no version of the application runs on it. */
  readonly first: boolean
}

/**
 * Reads the history in the order of applying. An absent table or schema (42P01, 3F000) is an empty history. Rows that row level
 * security hides are an error, since a history with holes would apply migrations twice (PostgreSQL docs, row_security).
 * Throws PlanRefused when the role may not read it, or when a newer Lotse has changed its format.
 */
export async function readHistory(session: Session, table: HistoryTable, purpose: Purpose = 'look'): Promise<History> {
  try {
    return await readRows(session, table, purpose, 'off')
  } catch (error) {
    if (['42P01', '3F000'].includes(codeOf(error))) return { rows: [], absent: true, granted: true, first: true }
    if (codeOf(error) !== '42501') throw await outOfReach(session, table, error)
    const open = await openPolicies(session, table)
    const history = open.has('look') ? await readRows(session, table, purpose, 'on').catch(() => undefined) : undefined
    if (!history) throw await refusedAccess(session, table, purpose, error)
    return { ...history, granted: history.granted && open.has(purpose) }
  }
}

/** Reads the history for who is about to write it. Throws PlanRefused as well when the role may only read it. */
export async function readToWrite(session: Session, table: HistoryTable, purpose: Purpose): Promise<History> {
  const history = await readHistory(session, table, purpose)
  if (!history.granted) throw await refusedAccess(session, table, purpose)
  return history
}

async function readRows(
  session: Session,
  table: HistoryTable,
  purpose: Purpose,
  security: 'on' | 'off',
): Promise<History> {
  const privilege = needed[purpose].at(-1)
  const [, comment, history, access] = await session.queries(
    `set local row_security = ${security};
       ${commentOf(table)};
       select ${columnsForPlan(session)} from ${table.sql} order by position;
       select has_table_privilege(${literal(table.sql)}, '${privilege}') as granted`,
  )
  assertFormat(table, comment?.rows[0].text)
  const rows: readonly Applied[] = history?.rows ?? []
  const last = firstRunIn(comment?.rows[0].text)
  const first = rows.length === 0 || (last !== undefined && !rows.some((row) => row.name === last))
  return { rows, absent: false, granted: access?.rows[0].granted, first }
}

/** SQL of the columns that a plan is made by. */
export function columnsForPlan({ identity }: Pick<Session, 'identity'>): string {
  const release = literal(identity.release)
  return `name, checksum, state, breaking,
              state <> 'applied' and (cardinality(statements) > 0 or under_way is not null) as begun,
              case when state = 'applied' then nullif(statements, '{}') end as ran,
              case when ${release} is not null then nullif(release, ${release}) end as "otherRelease",
              ${adoptedFrom}`
}

const adoptedFrom = `case when origin not in ('up', 'baseline', 'repair') then origin end as "adoptedFrom"`

/** Creates the history table. Only called under the run lock: `if not exists` races with itself on a unique index. */
async function createHistory(session: Session, table: HistoryTable): Promise<void> {
  const text = readFileSync(new URL('./history.sql', import.meta.url), 'utf8')
  try {
    await session.query(text.replaceAll(':table', () => table.sql))
  } catch (error) {
    throw await outOfReach(session, table, error)
  }
}

/** What the history stores of a migration's reversal; read only where it is needed. */
export type StoredDown = {
  readonly name: string
  readonly checksum: string
  readonly down_sql: string | null
  readonly down_checksum: string | null
  /** The tool whose history it was taken over from, if so. */
  readonly adoptedFrom: string | null
  /** Whether it is a repeatable one, which has no way back. */
  readonly repeatable: boolean
}

export async function readDowns(session: Session, table: HistoryTable): Promise<StoredDown[]> {
  return (
    await session.query(`select name, checksum, down_sql, down_checksum, ${adoptedFrom}, state = 'applied' and cardinality(statements) > 0 as repeatable
         from ${table.sql} order by position desc`)
  ).rows
}

/** When and by whom a migration was recorded, for status. */
export type Detail = {
  readonly name: string
  /** In UTC, as `2026-01-02 03:04:05`, whatever the session's DateStyle is. */
  readonly applied_at: string
  readonly duration_ms: string
  /** up, baseline, repair, or the tool whose history it was taken over from. */
  readonly origin: string
  readonly applied_by: string
  readonly release: string | null
  /** Findings of the check that its file accepted; null where none, and where the table is of a Lotse that kept none. */
  readonly accepted: readonly Acceptance[] | null
}

export async function readDetails(session: Session, table: HistoryTable): Promise<Detail[]> {
  return (
    await session.query(
      `select name, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as applied_at, duration_ms, origin, applied_by, release,
              to_jsonb(history) -> 'accepted' as accepted from ${table.sql} as history`,
    )
  ).rows
}

/** The history table's format that this Lotse reads and writes; the table's comment says which it has. */
export const format = 1

/** The last migration of a first run that was not seen to end, which the table's comment names. */
export function firstRunIn(comment: string | null | undefined): string | undefined {
  return /; first run to (.+)$/.exec(comment ?? '')?.[1]
}

/**
 * Notes in the table's comment that a first run has begun, which is to end with this migration; or that it has ended. A run that takes
 * it up again knows by that that there is no older version yet. Who does not own the table cannot note it, which is safe.
 */
export async function noteFirstRun(session: Session, table: HistoryTable, last: string | undefined): Promise<void> {
  const comment = `Lotse history, format ${format}${last === undefined ? '' : `; first run to ${last}`}`
  try {
    await session.query(`comment on table ${table.sql} is ${literal(comment)}`)
  } catch (error) {
    if (codeOf(error) !== '42501') throw error
  }
}

/** SQL for the comment of the history table. */
function commentOf(table: HistoryTable): string {
  return `select obj_description(${literal(table.sql)}::regclass, 'pg_class') as text`
}

/** Throws PlanRefused when a newer Lotse has changed the table. */
function assertFormat(table: HistoryTable, comment: string | null): void {
  const found = Number(/format (\d+)/.exec(comment ?? '')?.[1] ?? format)
  if (found <= format) return
  throw new Failure('PlanRefused', {
    summary: `the history table ${table.sql} has format ${found}, which a newer Lotse wrote; this version reads up to format ${format}`,
    state: ['Nothing was changed.'],
    remedy: 'use the newer Lotse in this image too; it reads older formats',
  })
}

/** The history in one row, computed in the server. */
export type Summary = {
  readonly amount: number
  /** A first run was not seen to end. */
  readonly firstRun: boolean
  /** Equals digestOf() of a folder when exactly its migrations are applied, unedited. */
  readonly digest: string
}

/** SQL that sums up the lines of a history: see digestOf(). */
export const summed = `count(*)::int as amount, encode(sha256(textsend(string_agg(line, '' order by line collate "C"))), 'hex') as digest`
export const lineOfRow = `name || '/' || checksum || '/' || state || '/'`

/**
 * Sums the history up, so that a run with nothing to do need not fetch thousands of rows. An unreadable one has no summary;
 * readHistory() says why. Sorted and hashed as JavaScript does it: by code unit, and in the client's encoding, UTF-8.
 */
export async function readSummary(session: Session, table: HistoryTable): Promise<Summary | undefined> {
  try {
    const [, comment, summary] = await session.queries(
      `set local row_security = off;
       ${commentOf(table)};
       select ${summed} from (select ${lineOfRow} as line from ${table.sql}) as lines`,
    )
    assertFormat(table, comment?.rows[0].text)
    return { ...summary?.rows[0], firstRun: firstRunIn(comment?.rows[0].text) !== undefined }
  } catch (error) {
    if (isSqlError(error)) return undefined
    throw error
  }
}

/** The history, created if there is none. Only called under the run lock. */
export async function openHistory(session: Session, table: HistoryTable, emit: Emit): Promise<History> {
  const history = await readToWrite(session, table, 'apply')
  if (!history.absent) return history
  await createHistory(session, table)
  // An event trigger of the server may have given it to somebody else, or hidden its rows.
  const created = await readToWrite(session, table, 'apply')
  emit({ event: 'history.created', table: `${table.schema}.${table.table}` })
  return created
}
