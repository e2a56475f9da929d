import type { Emit } from '../event.ts'
import { identifier, literal } from '../sql/quote.ts'
import { messageOf } from './errors.ts'
import type { HistoryTable } from './lock.ts'
import type { Session } from './session.ts'

/**
 * Lets other roles read the history: those that the gates of an application log in as, when the migrator's is another (PostgreSQL docs
 * 5.8 "Privileges"). Grants only what is missing. What cannot be granted is said and changes nothing else: the schema is what was asked for.
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
                has_table_privilege(${asked}${literal(table.sql)}, 'select') as read`,
      )
      const grantee = identifier([role])
      if (!rows[0].usage) await session.query(`grant usage on schema ${schema} to ${grantee}`)
      if (!rows[0].read) await session.query(`grant select on ${table.sql} to ${grantee}`)
    } catch (error) {
      if (session.lostBy(error)) throw error
      emit({ event: 'history.unshared', role, error: messageOf(error) })
    }
  }
}
