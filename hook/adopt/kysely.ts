import { nameOf, recorded, type Tool } from './tool.ts'

/** Source: Kysely, src/migration/migrator.ts and dialect/postgres/postgres-adapter.ts. */
export const kysely: Tool = {
  known: {
    tool: 'Kysely',
    from: 'kysely',
    table: 'kysely_migration',
    columns: ['name', 'timestamp'],
    label: 'name',
    order: 'timestamp',
  },
  rows: () => `${recorded({ key: 'name', at: '"timestamp"' })} from :table order by "timestamp", name`,
  keyOf: nameOf,
  lockKey: () => 3_853_314_791_062_309_107n,
}
