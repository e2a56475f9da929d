import { hash } from 'node:crypto'
import type { Migration } from './migration.ts'

/**
 * What the history comes to when exactly these migrations are applied, unedited, and nothing else: one hash that the server computes
 * of its rows, too (database/summary.ts). Equal means up to date; anything else is for the plan to tell.
 * A file's name holds no slash, so no two folders come to the same text.
 */
export function digestOf(migrations: readonly Pick<Migration, 'name' | 'checksum'>[]): string {
  const lines = migrations.map(({ name, checksum }) => `${name}/${checksum}/applied/`)
  return hash('sha256', lines.sort().join(''))
}
