import * as addColumn from './add-column.ts'
import * as columnType from './column-type.ts'
import type { Facts, Slot, Table } from './facts.ts'
import { hasSubscribers } from './publications.ts'
import type { Found, Judged, Rule, Touch } from './rule.ts'
import * as tableRewrites from './table-rewrites.ts'
import { bulkChange } from './transactions.ts'

/** Rules about what replication slots make of a statement that writes much: the WAL stays until the slot's reader has it. */

/** Bytes of WAL that a server keeps without anybody noticing. */
const noticeable = 100_000_000

const writers: readonly Rule[] = [
  ...Object.values(addColumn),
  ...Object.values(columnType),
  ...Object.values(tableRewrites),
]

/** The tables that a statement writes anew, or whose rows it changes. */
function written(statement: Judged, facts: Facts): readonly Touch[] {
  const touches = [...writers, bulkChange].flatMap((rule) =>
    rule.judge(statement, facts).flatMap((each) => each.touches),
  )
  return [...new Map(touches.filter(writes).map((touch) => [touch.table.key, touch])).values()]
}

function writes({ work, table }: Touch): boolean {
  return (work === 'rewrite' || work === 'change') && walOf(table) >= noticeable && table.state === 'known'
}

/** About as much WAL as a table and its indexes have bytes: each new page is logged once. */
function walOf({ bytes = 0, indexBytes = 0 }: Table): number {
  return bytes + indexBytes
}

function size(bytes: number): string {
  return bytes < 1_000_000_000 ? `${Math.round(bytes / 1_000_000)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

function described({ name, retained }: Slot): string {
  return retained === null ? name : `${name} (${size(retained)} so far)`
}

export const slotRetainsWal: Rule = {
  name: 'slot-retains-wal',
  kind: 'mistake',
  severity: 'warning',
  finds: 'a statement that writes a large table, on a server with a replication slot that nobody reads',
  why: 'An inactive slot keeps all WAL from where its reader stopped. A rewrite or a large UPDATE writes about the table’s size of it, which fills the disk when nobody comes for it (max_slot_wal_keep_size, which is unlimited by default, bounds it). Drop the slot, or start its reader, first.',
  unsafe: `alter table payments alter column paid type bigint;`,
  safe: `-- first, if nobody needs it any more: select pg_drop_replication_slot('SLOT');`,
  silent: 'Every slot is active; the table has less than 100 MB; without a database, always.',
  judge: (statement, facts) => {
    const idle = facts.slots.filter(({ active }) => !active)
    if (idle.length === 0) return []
    return written(statement, facts).map(({ table, lock, work }): Found => {
      const names = idle.map(described).join(', ')
      return {
        touches: [{ table, lock, work }],
        message: `Writes about ${size(walOf(table))} of WAL, which the server keeps for inactive replication slot${idle.length === 1 ? '' : 's'} ${names}.`,
        safe: `-- start the reader of the slot, or, if nobody needs it any more:\n-- select pg_drop_replication_slot('${idle[0]?.name}');`,
      }
    })
  },
}

export const publishedBulkChange: Rule = {
  name: 'published-bulk-change',
  kind: 'mistake',
  severity: 'warning',
  finds: 'UPDATE, DELETE, MERGE or INSERT … SELECT of many rows of a published table in one transaction',
  why: 'The change is sent to subscribers only after its COMMIT, as a whole: they fall behind by all of it, and until it ends no slot can let go of WAL that is younger than its start. Change the rows in batches.',
  unsafe: 'update payments set paid = paid + 1;',
  safe: 'update payments set paid = paid + 1 where id = 1;',
  silent:
    'No publication has the table, or it has less than 100 MB; no logical replication slot of this database has the plugin pgoutput; without a database, always.',
  judge: (statement, facts) => {
    if (!hasSubscribers(facts)) return []
    const touches = bulkChange.judge(statement, facts).flatMap((each) => each.touches)
    return touches
      .filter((touch) => writes(touch) && touch.table.publications.length > 0)
      .map(
        ({ table, lock, work }): Found => ({
          touches: [{ table, lock, work }],
          message: `Changes rows of ${table.name} (${size(table.bytes ?? 0)}) in one transaction: publication ${table.publications.join(', ')} sends all of it after COMMIT, and slots keep the WAL until then.`,
          safe: '-- in batches of a few thousand rows, each committed: see rule bulk-change',
        }),
      )
  },
}
