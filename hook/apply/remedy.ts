import type { SqlError } from '../database/errors.ts'
import type { Migration } from '../migration/migration.ts'
import type { Place } from './place.ts'

const repeat = 'then repeat the same helm upgrade'

/** What to do next about a migration that failed, as far as the error tells. */
export function remedyOf(migration: Migration, error: SqlError | undefined, place: Place | undefined): string {
  const { file, name, kind, text, directives } = migration
  const directive = kind === 'script' ? '// lotse:' : '-- lotse:'
  switch (error?.code) {
    case '42501':
      return `GRANT what is missing to the user that Lotse connects as, or SET ROLE to the owner in the file; ${repeat}`
    case '53100':
      return `give the server more disk space, ${repeat}`
    case '57014':
      if (error.message.startsWith('COPY')) return writeInserts(file)
      if (error.message.endsWith('user request')) return `find out who cancelled the statement, ${repeat}`
      return `give it more time with "${directive} statement-timeout", or make it faster; ${repeat}`
    case '42601':
      if (place?.text.startsWith('\\'))
        return `take the line out: it is a command of psql, not SQL; build the image again and repeat the same helm upgrade`
      if (/\bcopy\b[^;]*\bfrom\s+stdin\b/i.test(text.split('\n').slice(0, place?.line).join('\n')))
        return writeInserts(file)
      break
    case '25001': // cannot run inside a transaction block
    case '2D000': // a procedure that commits
    case '55P04': // a new value of an enum, not committed yet
      if (directives.transaction)
        return `put "${directive} no-transaction" at the head of ${file}, build the image again and repeat the same helm upgrade`
  }
  return file.endsWith('.down.sql')
    ? `what reverts it comes from the history: correct ${file}, take it over with lotse repair accept ${name}, and run lotse down again`
    : `correct ${file}, build the image again and repeat the same helm upgrade`
}

/** What follows COPY … FROM STDIN is no SQL: psql sends it apart (PostgreSQL docs, COPY, "File Formats"). */
function writeInserts(file: string): string {
  return `write the rows as INSERT (pg_dump --inserts): the data of COPY FROM STDIN is not SQL, psql alone can send it; correct ${file}, build the image again and repeat the same helm upgrade`
}
