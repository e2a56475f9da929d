import { hash } from 'node:crypto'
import { numberOf, recorded, type Tool } from './tool.ts'

/** Version 0 is a seed. Scripts have a checksum of their own kind, if any. Source: postgrator, lib/Client.js and lib/createCommon.js. It takes no lock. */
export const postgrator: Tool = {
  known: {
    tool: 'postgrator',
    from: 'postgrator',
    table: 'schemaversion',
    columns: ['version bigint', 'name', 'md5'],
    counts: 'version > 0',
    label: 'version',
  },
  rows: () =>
    `${recorded({ key: 'version', at: 'run_at', checksum: `nullif(md5, '')` })} from :table where version > 0 order by version`,
  keyOf: numberOf,
  checksumOf: (bytes) => hash('md5', bytes),
}
