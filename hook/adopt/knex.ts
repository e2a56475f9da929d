import { fileOf, recorded, type Tool } from './tool.ts'

/** Source: Knex, lib/migrations/migrate/Migrator.js and table-creator.js. */
export const knex: Tool = {
  known: {
    tool: 'Knex',
    from: 'knex',
    table: 'knex_migrations',
    columns: ['id', 'name', 'batch', 'migration_time'],
    label: 'name',
    order: 'id',
  },
  rows: () => `${recorded({ key: 'name', at: 'migration_time' })} from :table order by id`,
  keyOf: fileOf,
  lockTable: { ending: '_lock', held: 'is_locked = 1', release: 'knex migrate:unlock' },
}
