import { upsert } from '../database/row.ts'
import { type HistoryTable, literal } from '../database/table.ts'
import { checksum } from '../migration/checksum.ts'
import { parseDirectives } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import type { Run } from './run.ts'

/** A migration in one direction: what runs, how its history row reads while it is under way, and how the row ends. */
export type Work = {
  readonly migration: Migration
  readonly direction: 'up' | 'down'
  /** SQL that settles the history row; runs in the transaction of the last statement. Takes the duration in milliseconds. */
  readonly settle: (elapsed: number) => string
}

/** Applying a migration: it ends as a row of the history. */
export function upWork({ session, table }: Run, migration: Migration): Work {
  return {
    migration,
    direction: 'up',
    settle: (elapsed) =>
      upsert(session, table, {
        name: migration.name,
        checksum: migration.checksum,
        state: 'applied',
        statements: [],
        under_way: null,
        breaking: migration.directives.breaking,
        down_sql: migration.down?.text ?? null,
        down_checksum: migration.down?.checksum ?? null,
        origin: 'up',
        duration_ms: Math.round(elapsed),
      }),
  }
}

/** Reverting a script by the `down` that it exports; the file itself is needed. */
export function scriptDownWork({ table }: Run, migration: Migration): Work {
  return { migration, direction: 'down', settle: () => deleteRow(table, migration.name) }
}

/** Reverting a migration: its row goes. The SQL comes from the history, so the image need not have the file. */
export function downWork({ table }: Run, name: string, text: string): Work {
  const file = `${name}.down.sql`
  const directives = parseDirectives(text, file, [])
  return {
    migration: { name, file, path: file, kind: 'sql', text, checksum: checksum(text), directives, down: undefined },
    direction: 'down',
    settle: () => deleteRow(table, name),
  }
}

function deleteRow(table: HistoryTable, name: string): string {
  return `delete from ${table.sql} where name = ${literal(name)}`
}
