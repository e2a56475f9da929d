import { crc32 } from 'node:zlib'
import { numberOf, recorded, type Tool } from './tool.ts'

/** One row: the newest version, and whether it failed in the middle. Source: golang-migrate v4, database/postgres and database/util.go. */
export const golangMigrate: Tool = {
  known: {
    tool: 'golang-migrate',
    from: 'golang-migrate',
    table: 'schema_migrations',
    columns: ['version bigint', 'dirty'],
    label: 'version',
  },
  rows: () =>
    `${recorded({ key: 'version', state: `case when dirty then 'failed' else 'applied' end`, upTo: 'true' })}
    from :table where version >= 0`,
  keyOf: numberOf,
  lockKey: ({ schema, table, database }) =>
    (BigInt(crc32([schema, table, database].join('\0'))) * 1_486_364_155n) % 4_294_967_296n,
}
