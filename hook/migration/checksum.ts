import { hash } from 'node:crypto'

/**
 * The checksum of a migration's text, as `sha256:HEX`. Takes text that normalise() has seen, so that a checkout with other
 * line endings is not an edit (flyway#2027, liquibase#4451). The prefix names the algorithm: it can change without old rows changing.
 */
export function checksum(text: string): string {
  return `sha256:${hash('sha256', text, 'hex')}`
}

/** Removes what an editor or a checkout may change in a file without changing what it says: byte order mark and CRLF. */
export function normalise(text: string): string {
  const marked = text.startsWith('\uFEFF') ? text.slice(1) : text
  return marked.includes('\r\n') ? marked.replaceAll('\r\n', '\n') : marked
}
