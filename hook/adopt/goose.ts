import { numberOf, recorded, type Tool } from './tool.ts'

const newest = 'not exists (select from :table as later where later.version_id = t.version_id and later.id > t.id)'

/** The newest row of a version decides; version 0 is a seed. Source: goose v3, internal/dialects and lock/session_locker. */
export const goose: Tool = {
  known: {
    tool: 'goose',
    from: 'goose',
    table: 'goose_db_version',
    columns: ['id', 'version_id', 'is_applied', 'tstamp'],
    counts: `is_applied and version_id > 0 and ${newest}`,
    label: 'version_id',
  },
  rows: () =>
    `${recorded({ key: 'version_id', at: 'tstamp' })} from :table as t where is_applied and version_id > 0 and ${newest} order by id`,
  keyOf: numberOf,
  // Taken by programs that ask for it; the command line does not.
  lockKey: () => 5_887_940_537_704_921_958n,
}
