import type { Emit } from '../event.ts'
import { identifier, literal } from '../sql/quote.ts'
import { messageOf } from './errors.ts'
import type { HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * Grants other roles SELECT on the history, for gates that log in as a different role (PostgreSQL docs 5.8 "Privileges"), and a policy where row
 * level security would hide its rows. Grants only what is missing. A grant that fails is logged and does not fail the run: the schema is up to date.
 */
export async function letRead(
  session: Session,
  table: HistoryTable,
  readers: readonly string[],
  emit: Emit,
): Promise<void> {
  if (readers.length === 0) return
  const schema = identifier([table.schema])
  for (const role of readers) {
    try {
      const asked = `${literal(role)}::name, `
      const { rows } = await session.query(
        `select has_schema_privilege(${asked}${literal(table.schema)}, 'usage') as usage,
                has_table_privilege(${asked}${literal(table.sql)}, 'select') as read,
                exists (select from pg_class c, pg_roles r where c.oid = ${literal(table.sql)}::regclass and c.relrowsecurity
                  and r.rolname = ${literal(role)} and not r.rolsuper and not r.rolbypassrls and c.relowner <> r.oid) as hidden`,
      )
      const grantee = identifier([role])
      if (!rows[0].usage) await session.query(`grant usage on schema ${schema} to ${grantee}`)
      if (!rows[0].read) await session.query(`grant select on ${table.sql} to ${grantee}`)
      if (rows[0].hidden) await showRows(session, table, role)
    } catch (error) {
      if (session.lostBy(error)) throw error
      emit({ event: 'history.unshared', role, error: messageOf(error) })
    }
  }
}

/** A host may turn on row level security for every new table; the roles that are to read the history then need a policy as well. */
async function showRows(session: Session, table: HistoryTable, role: string): Promise<void> {
  const { openingPolicy, openPolicies } = await import('./history-access.ts')
  if ((await openPolicies(session, table, role)).has('look')) return
  await session.query(openingPolicy(table, role, 'look'))
}
