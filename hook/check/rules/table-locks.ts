import { formatDuration } from '../../config/duration.ts'
import type { Lock } from '../../migration/finding.ts'
import type { Tree } from '../../sql/parse.ts'
import { tableOf } from './facts.ts'
import { heldLocks } from './held-locks.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about a table's lock as such: one that is asked for, and one that somebody else holds. */

/** Lock modes by their number in a LOCK statement (storage/lockdefs.h); those that no writer notices are left out. */
const modes: Readonly<Record<number, Lock>> = {
  5: 'SHARE',
  6: 'SHARE ROW EXCLUSIVE',
  7: 'EXCLUSIVE',
  8: 'ACCESS EXCLUSIVE',
}

export const lockTable: Rule = {
  name: 'lock-table',
  kind: 'brief',
  severity: 'warning',
  finds: 'LOCK TABLE in a mode that blocks writes',
  why: 'It holds the lock until the end of the transaction. Lotse runs migrations one at a time already, and each statement takes the lock that it needs.',
  unsafe: 'lock table orders in share mode;',
  safe: 'lock table orders in row share mode;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree: { LockStmt: statement } }, facts) => {
    const lock = modes[statement?.mode ?? 0]
    if (!lock) return []
    return (statement?.relations ?? []).flatMap(({ RangeVar }: Tree): Found[] => {
      if (!RangeVar) return []
      const table = tableOf(facts, RangeVar)
      return [
        {
          touches: [{ table, lock, work: 'none' }],
          message: `Locks ${table.name} until the whole file is done.`,
          safe: '-- remove it: each statement takes the lock that it needs',
        },
      ]
    })
  },
}

/** Milliseconds for which a transaction has to be open to be one that does not end soon. */
const long = 5_000

export const tableInUse: Rule = {
  name: 'table-in-use',
  kind: 'mistake',
  severity: 'warning',
  finds: 'a strong lock on a table that a long transaction is using right now',
  why: 'However little the statement does, it waits for that transaction, and every query that comes after it waits behind it: a change of a tiny table can stop the whole application. Lotse gives up after the lock timeout, rolls back and tries again, so the application waits for that long each time; end the transaction first.',
  unsafe: 'alter table orders add column seen boolean;',
  safe: 'alter table orders set (fillfactor = 90);',
  silent:
    'No transaction that is older than 5 s holds a lock on the table; without a database, always; where Lotse may not see when transactions of others began (GRANT pg_read_all_stats).',
  judge: ({ tree, before }, facts) => {
    const waited = new Set(before.flatMap((each) => heldLocks(each, facts)).map(({ table }) => table.key))
    return heldLocks(tree, facts).flatMap(({ table, lock }, index, all): Found[] => {
      const { usedBy } = table
      const repeated = waited.has(table.key) || all.findIndex((each) => each.table.key === table.key) < index
      if (!usedBy || usedBy.age < long || repeated) return []
      const who = `process ${usedBy.pid}${usedBy.name ? ` (${usedBy.name})` : ''}`
      return [
        {
          touches: [{ table, lock, work: 'none' }],
          message: `${who} has had a transaction open on ${table.name} for ${formatDuration(usedBy.age)}: this statement waits for it, and every later query of ${table.name} waits behind.`,
          safe: `-- let that transaction end, or end it:\nselect pg_terminate_backend(${usedBy.pid});`,
        },
      ]
    })
  },
}
