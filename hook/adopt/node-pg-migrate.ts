import { nameOf, recorded, type Tool } from './tool.ts'

/** Source: node-pg-migrate, src/runner.ts and src/migration.ts. */
export const nodePgMigrate: Tool = {
  known: {
    tool: 'node-pg-migrate',
    from: 'node-pg-migrate',
    table: 'pgmigrations',
    columns: ['id', 'name', 'run_on'],
    label: 'name',
    order: 'id',
  },
  rows: () => `${recorded({ key: 'name', at: 'run_on' })} from :table order by run_on, id`,
  keyOf: nameOf,
  lockKey: () => 7_241_865_325_823_964n,
}
