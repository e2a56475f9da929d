import type { Session } from './session.ts'

/** What tells one database from another, also from its copy: restored files have the same system identifier, but no two servers the same start. */
export type Whereabouts = { readonly started: string; readonly database: string; readonly standby: boolean }

export async function readWhereabouts(session: Session): Promise<Whereabouts> {
  const { rows } = await session.query(
    `select extract(epoch from pg_postmaster_start_time())::text as started, current_database() as database, pg_is_in_recovery() as standby`,
  )
  return rows[0]
}
