import { recorded, type Tool } from './tool.ts'

/** The version is the folder's name before the first underscore, without dashes. Source: diesel_migrations, file_based_migrations.rs. It takes no lock. */
export const diesel: Tool = {
  known: {
    tool: 'diesel',
    from: 'diesel',
    table: '__diesel_schema_migrations',
    columns: ['version', 'run_on'],
    label: 'version',
  },
  rows: () => `${recorded({ key: 'version', at: 'run_on' })} from :table order by run_on, version`,
  keyOf: ({ version, name }) => version ?? (name.split('_')[0] ?? name).replaceAll('-', ''),
}
