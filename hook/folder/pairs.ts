import { nameOf } from '../migration/name.ts'
import type { Entry, Folder } from './format.ts'
import { isBeside, numberOf, stranger } from './parts.ts'

/** How a tool names the two files of a version. `shape` has the groups `version`, `undo` where a file reverts, and perhaps `title`. */
export type Pairing = {
  readonly tool: string
  readonly layout: string
  readonly shape: RegExp
  readonly foreign?: RegExp
}

/** Migrations that are a file for each direction, which belong together by their version alone. */
export function pairsOf({ files, problems }: Folder, { tool, layout, shape, foreign }: Pairing): Entry[] {
  const downs = new Map<string, string>()
  const entries: (Entry & { readonly version: string })[] = []
  for (const file of files) {
    const { version: digits, undo, title } = shape.exec(file)?.groups ?? {}
    if (digits === undefined) {
      if (!isBeside(file)) problems.push(stranger(file, tool, layout))
      continue
    }
    const version = numberOf(digits)
    if (undo === undefined) {
      const description = title === undefined ? {} : { description: title.replaceAll('_', ' ') }
      const only = foreign?.test(file)
        ? ({ kind: 'foreign', foreign: `is a script of ${tool}` } as const)
        : ({ kind: 'sql' } as const)
      entries.push({ name: nameOf(file), file, version, ...description, ...only })
    } else if (downs.has(version))
      problems.push(`${downs.get(version)} and ${file}: both revert version ${version}; keep one`)
    else downs.set(version, file)
  }
  const versions = new Set(entries.map(({ version }) => version))
  const paired = entries.map((entry) => ({ ...entry, downFile: downs.get(entry.version) }))
  for (const [version, file] of downs) {
    if (!versions.has(version)) problems.push(`${file}: reverts nothing; there is no migration of version ${version}`)
  }
  assertVersions(paired, tool, problems)
  return paired
}

/** Adds a problem for each version that two files have: the tool's history could not tell them apart. */
export function assertVersions(entries: readonly Entry[], tool: string, problems: string[]): void {
  const files = new Map<string, string>()
  for (const { version, file } of entries) {
    if (version === undefined) continue
    const other = files.get(version)
    if (other !== undefined)
      problems.push(
        `${other} and ${file}: both have version ${version}, and ${tool} knows a migration by it; renumber one`,
      )
    files.set(version, file)
  }
}
