import type { Entry, Folder, Format } from './format.ts'
import { isBeside, partsFrom, stranger } from './parts.ts'
import { isAlone } from './transactions.ts'

/**
 * Prisma: a folder `TIMESTAMP_name` with `migration.sql` for each migration, in the order of the folders' names, which are what
 * `_prisma_migrations` calls them: `version` is that name. A file is one message (prisma-engines, schema-engine).
 */
export const format: Format = {
  entriesOf,
  partsOf: (entry, whole, { problems }) => partsFrom(entry, whole, { up: whole, alone: isAlone(whole) }, problems),
}

function entriesOf({ files, has, problems }: Folder): Entry[] {
  for (const file of files) {
    if (!file.includes('/') && !isBeside(file) && !file.endsWith('.prisma'))
      problems.push(stranger(file, 'Prisma', 'a folder TIMESTAMP_name with migration.sql'))
  }
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.slice(0, file.indexOf('/'))))
  return [...folders].flatMap((name): Entry[] => {
    const file = `${name}/migration.sql`
    if (has(file)) return [{ name, file, kind: 'sql', version: name }]
    problems.push(
      `${name}: has no migration.sql, without which Prisma has nothing to apply; restore it, or remove the folder`,
    )
    return []
  })
}
