import { dieselVersion } from '../migration/name.ts'
import type { Entry, Folder, Format } from './format.ts'
import { assertVersions } from './pairs.ts'
import { isBeside, partsFrom, stranger } from './parts.ts'

/**
 * diesel: a folder `VERSION_name` for each migration, with `up.sql`, mostly `down.sql`, and perhaps `metadata.toml`, whose
 * `run_in_transaction = false` turns the transaction off. `version` is that of `__diesel_schema_migrations`: what stands before the
 * first `_`, without dashes; it is compared as text (diesel_migrations, file_based_migrations.rs).
 */
export const format: Format = {
  entriesOf,
  partsOf: (entry, whole, { read, has, problems }) => {
    const metadata = `${entry.name}/metadata.toml`
    const alone = has(metadata) && withoutTransaction.test(read(metadata))
    const down = entry.downFile === undefined ? undefined : read(entry.downFile)
    return partsFrom(entry, whole, { up: whole, down, alone, downAlone: alone }, problems)
  },
}

const withoutTransaction = /^\s*run_in_transaction\s*=\s*false\b/m

function entriesOf({ files, has, problems }: Folder): Entry[] {
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.slice(0, file.indexOf('/'))))
  for (const file of files) {
    if (!file.includes('/') && !isBeside(file))
      problems.push(stranger(file, 'diesel', 'a folder VERSION_name with up.sql and down.sql'))
  }
  const entries = [...folders].flatMap((name): Entry[] => {
    const [file, down] = [`${name}/up.sql`, `${name}/down.sql`]
    if (!has(file)) {
      problems.push(`${name}: has no up.sql, without which diesel has nothing to apply; add it, or remove the folder`)
      return []
    }
    const downFile = has(down) ? down : undefined
    return [{ name, file, kind: 'sql', version: dieselVersion(name), downFile }]
  })
  assertVersions(entries, 'diesel', problems)
  return entries
}
