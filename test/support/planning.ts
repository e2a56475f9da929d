import { none } from '../../hook/migration/directives.ts'
import type { Applied, Migration } from '../../hook/migration/migration.ts'

/** A file and a row of a plan: unless said otherwise, the file's text and its checksum are its name, and the row was applied with it. */

export const fileOf = (name: string, more: Partial<Migration> = {}): Migration => ({
  name,
  file: `${name}.sql`,
  path: `/migrations/${name}.sql`,
  kind: 'sql',
  text: name,
  checksum: name,
  directives: none,
  down: undefined,
  ...more,
})

export const rowOf = (name: string, more: Partial<Applied> = {}): Applied => ({
  name,
  checksum: name,
  state: 'applied',
  breaking: false,
  begun: false,
  ...more,
})
