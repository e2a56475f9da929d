import type { Entry, Folder, Format, Parts } from './format.ts'
import { assertVersions } from './pairs.ts'
import { isBeside, partsFrom, stranger } from './parts.ts'
import { linesInQuotation, separate } from './sections.ts'

/**
 * dbmate: `N_name.sql` with the parts `-- migrate:up` and `-- migrate:down`, in the order of the names as text; `version` is the digits
 * that the name begins with, as `schema_migrations` has them. `transaction:false` behind a mark counts for that part
 * (dbmate, pkg/dbmate/migration.go).
 */
export const format: Format = { entriesOf, partsOf }

const up = /^\s*--\s*migrate:up(?:\s|$)/
const down = /^\s*--\s*migrate:down(?:\s|$)/
const withoutTransaction = /\btransaction\s*:\s*false\b/

function entriesOf({ files, problems }: Folder): Entry[] {
  const entries = files.flatMap((file): Entry[] => {
    const version = /^(\d+).*\.sql$/.exec(file)?.[1]
    if (version !== undefined) return [{ name: file.slice(0, -4), file, kind: 'sql', version }]
    if (!isBeside(file)) problems.push(stranger(file, 'dbmate', 'a file N_name.sql'))
    return []
  })
  assertVersions(entries, 'dbmate', problems)
  return entries
}

function partsOf(entry: Entry, whole: string, { problems }: Folder): Parts {
  const { file } = entry
  const lines = whole.split('\n')
  const inQuotation = linesInQuotation(whole)
  const first = (pattern: RegExp): number => lines.findIndex((line, index) => pattern.test(line) && !inQuotation(index))
  const [firstUp, firstDown] = [first(up), first(down)]
  if (firstUp < 0 || (firstDown >= 0 && firstDown < firstUp))
    problems.push(
      firstDown >= 0
        ? `${file}, line ${firstDown + 1}: has "-- migrate:down" but no "-- migrate:up" before it; start the file with that line`
        : `${file}: has no line "-- migrate:up", without which dbmate refuses it; start the file with that line`,
    )
  const early = lines.slice(0, Math.max(0, firstUp)).findIndex((line) => line.trim() !== '' && !/^\s*--/.test(line))
  if (early >= 0) problems.push(`${file}, line ${early + 1}: stands before "-- migrate:up"; move it below that line`)
  const alone = withoutTransaction.test(lines[firstUp] ?? '')
  const downAlone = withoutTransaction.test(lines[firstDown] ?? '')
  return partsFrom(entry, whole, { ...separate(whole, { up, down }), alone, downAlone }, problems)
}
