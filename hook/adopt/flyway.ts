import { crc32 } from 'node:zlib'
import type { Migration } from '../migration/migration.ts'
import { numericKey, type Place, recorded, type Tool } from './tool.ts'

/** What a version or a repeatable migration came to in the end: undone and deleted ones are not applied. */
const newest = `not exists (select from :table as later where later.installed_rank > t.installed_rank
  and coalesce(later.version, 'R ' || later.description) = coalesce(t.version, 'R ' || t.description))`

/**
 * A baseline stands for every version up to its own; one that is a file is that file's. A repeatable migration has no version and is known by its description.
 * Source: Flyway, flyway-core, schemahistory/AppliedMigration.java, resolver/ChecksumCalculator.java and database/postgresql.
 */
export const flyway: Tool = {
  known: {
    tool: 'Flyway',
    from: 'flyway',
    table: 'flyway_schema_history',
    columns: ['installed_rank', 'version', 'type', 'script', 'checksum', 'success'],
    counts: `type not in ('SCHEMA', 'DELETE')`,
    label: 'script',
    order: 'installed_rank',
  },
  rows: () =>
    `${recorded({
      key: `case when version is null then 'R ' || description when type = 'SQL_BASELINE' then 'B ' || version else version end`,
      state: `case when success then 'applied' else 'failed' end`,
      upTo: `type = 'BASELINE'`,
      at: 'installed_on',
      by: 'installed_by',
      checksum: 'checksum',
    })} from :table as t where type not in ('SCHEMA', 'DELETE') and type not like 'UNDO%' and ${newest} order by installed_rank`,
  keyOf,
  checksumOf: checksumOfLines,
  lockKey: lockOf,
}

function keyOf({ version, description, name, repeatable, baseline }: Migration): string {
  if (repeatable) return `R ${description ?? name.replace(/^R__/, '').replaceAll('_', ' ')}`
  const key = numericKey(version ?? /^V(\d+(?:[._]\d+)*)/.exec(name)?.[1] ?? name)
  return baseline ? `B ${key}` : key
}

/** CRC-32 over the lines without their ends, and without a byte order mark, as a signed number. */
function checksumOfLines(bytes: Buffer): string {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  return String(crc32(text.replaceAll(/\r\n|\r|\n/g, '')) | 0)
}

/** A number of Flyway's own plus Java's hash code of the table's quoted name. */
function lockOf({ schema, table }: Place): bigint {
  let code = 0
  for (const unit of `"${schema}"."${table}"`) code = (Math.imul(31, code) + unit.charCodeAt(0)) | 0
  return 77_431_708_279_161n + BigInt(code)
}
