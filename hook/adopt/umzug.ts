import { fileOf, recorded, type Tool } from './tool.ts'

/** The table of SequelizeStorage and of sequelize-cli. Source: umzug, src/storage/sequelize.ts. It takes no lock. */
export const umzug: Tool = {
  known: { tool: 'Umzug', from: 'umzug', table: 'SequelizeMeta', columns: ['name'], label: 'name' },
  rows: () => `${recorded({ key: 'name' })} from :table order by name collate "C"`,
  keyOf: fileOf,
}
