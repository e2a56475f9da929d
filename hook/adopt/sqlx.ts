import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { numberOf, recorded, type Tool } from './tool.ts'

/** Source: sqlx-core, migrate/migration.rs, and sqlx-postgres, migrate.rs. */
export const sqlx: Tool = {
  known: {
    tool: 'sqlx',
    from: 'sqlx',
    table: '_sqlx_migrations',
    columns: ['version', 'description', 'success', 'checksum'],
    label: `version || '_' || description`,
    order: 'version',
  },
  rows: () =>
    `${recorded({
      key: 'version',
      state: `case when success then 'applied' else 'failed' end`,
      at: 'installed_on',
      checksum: `encode(checksum, 'hex')`,
    })} from :table order by installed_on, version`,
  keyOf: numberOf,
  checksumOf: (bytes) => hash('sha384', bytes),
  lockKey: ({ database }) => 0x3d32ad9en * BigInt(crc32(database)),
}
