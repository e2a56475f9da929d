import type { Session } from './session.ts'

/** What tells one database from another, also from its copy. */
export type Whereabouts = {
  readonly database: string
  /** When its server started: no two servers have the same, whereas a restored copy has the files of its original. */
  readonly started: string
  readonly standby: boolean
  /** What a server has in common with its standbys, and with copies of its files; undefined where the role may not ask. */
  readonly system: string | undefined
}

export async function readWhereabouts(session: Session): Promise<Whereabouts> {
  const { rows } = await session.query(
    `select extract(epoch from pg_postmaster_start_time())::text as started, current_database() as database, pg_is_in_recovery() as standby`,
  )
  const system = await session
    .query('select system_identifier::text as system from pg_control_system()')
    .then(({ rows: [row] }) => row.system)
    .catch(() => undefined)
  return { ...rows[0], system }
}

/** Whether a change of one is a change of the other: the same database, or the one that a standby follows, as far as can be told. */
export function isSame(one: Whereabouts, other: Whereabouts): boolean {
  const follows = other.standby && one.system !== undefined && one.system === other.system
  return one.database === other.database && (one.started === other.started || follows)
}
