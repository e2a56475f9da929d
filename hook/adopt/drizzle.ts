import { hash } from 'node:crypto'
import { nameOf, recorded, type Tool } from './tool.ts'

/** The journal's `when` is what a row and an entry have in common. Source: drizzle-orm, migrator.ts and pg-core/dialect.ts. It takes no lock. */
export const drizzle: Tool = {
  known: {
    tool: 'Drizzle',
    from: 'drizzle',
    schema: 'drizzle',
    table: '__drizzle_migrations',
    columns: ['hash', 'created_at'],
    label: `'the one of ' || to_char(to_timestamp(created_at / 1000.0) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')`,
    order: 'created_at',
  },
  // When it was applied is not recorded: created_at is the time at which the file was made.
  rows: () => `${recorded({ key: 'created_at', checksum: 'hash' })} from :table order by created_at, id`,
  keyOf: nameOf,
  checksumOf: (bytes) => hash('sha256', bytes),
}
