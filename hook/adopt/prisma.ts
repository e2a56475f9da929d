import { hash } from 'node:crypto'
import { nameOf, recorded, type Tool } from './tool.ts'

/**
 * A row that is neither finished nor rolled back failed in the middle; one that was rolled back says nothing. Of several rows of one
 * migration, which was marked as rolled back and tried again, the others remain.
 * Source: prisma-engines, schema-engine, migration_persistence.rs and checksum.rs.
 */
export const prisma: Tool = {
  known: {
    tool: 'Prisma',
    from: 'prisma',
    table: '_prisma_migrations',
    columns: ['migration_name', 'finished_at', 'rolled_back_at', 'checksum'],
    counts: 'rolled_back_at is null',
    label: 'migration_name',
  },
  rows: () =>
    `${recorded({
      key: 'migration_name',
      state: `case when finished_at is null then 'failed' else 'applied' end`,
      at: 'finished_at',
      checksum: 'checksum',
    })} from :table where rolled_back_at is null order by started_at, migration_name`,
  keyOf: nameOf,
  checksumOf: (bytes) => hash('sha256', bytes),
  lockKey: () => 72_707_369n,
}
