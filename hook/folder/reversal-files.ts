import { nameOf } from '../migration/name.ts'

/** A file that by its name reverts a migration: Lotse's and golang-migrate's .down, postgrator's .undo, .revert, .rollback, Flyway's U1__. */
const reversal = /\.(?:down|undo|revert|rollback)(?=\.)|^U(?=\d[\d._]*__)/

/** Whether this SQL file is meant to revert a migration, and so never to be applied. */
export function isReversal(file: string): boolean {
  return file.endsWith('.sql') && reversal.test(file)
}

/** Which of the folder's migrations such a file reverts, by name; undefined when none fits. */
export function revertedBy(file: string, names: ReadonlySet<string>): string | undefined {
  const version = /^U(\d[\d._]*?)__/.exec(file)?.[1]
  // Flyway pairs by version; the descriptions may differ.
  if (version) return [...names].find((name) => name.startsWith(`V${version}__`))
  return ['', '.do'].map((word) => nameOf(file.replace(reversal, word))).find((name) => names.has(name))
}
