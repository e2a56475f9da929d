import { hash } from 'node:crypto'
import type { Migration } from './migration.ts'

/**
 * The checksum of a migration's text, as `sha256:HEX`. Takes text that normalise() has seen, so that a checkout with other
 * line endings is not an edit (flyway#2027, liquibase#4451), or its bytes. The prefix names the algorithm: it can change without old rows changing.
 */
export function checksum(text: string | Uint8Array): string {
  return `sha256:${hash('sha256', text, 'hex')}`
}

/** Removes what an editor or a checkout may change in a file without changing what it says: byte order mark and CRLF. */
export function normalise(text: string): string {
  const marked = text.startsWith('\uFEFF') ? text.slice(1) : text
  return marked.includes('\r\n') ? marked.replaceAll('\r\n', '\n') : marked
}

/**
 * What the history comes to when exactly these migrations are applied, unedited, and nothing else: one hash that the server computes
 * of its rows, too (readSummary in database/history.ts). Equal means up to date; anything else is for the plan to tell.
 * A file's name holds no slash, so no two folders come to the same text.
 */
export function digestOf(migrations: readonly Pick<Migration, 'name' | 'checksum'>[]): string {
  const lines = migrations.map(({ name, checksum }) => `${name}/${checksum}/applied/`)
  return hash('sha256', lines.sort().join(''))
}
