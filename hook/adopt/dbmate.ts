import { recorded, type Tool } from './tool.ts'

/** The version is what stands before the first character that is no digit. Source: dbmate, pkg/dbmate/migration.go. It takes no lock. */
export const dbmate: Tool = {
  known: {
    tool: 'dbmate',
    from: 'dbmate',
    table: 'schema_migrations',
    columns: ['version character varying'],
    lacks: ['dirty', 'inserted_at', 'statements'],
    label: 'version',
  },
  rows: () => `${recorded({ key: 'version' })} from :table order by version`,
  keyOf: ({ version, name }) => version ?? /^\d+/.exec(name)?.[0] ?? name,
}
