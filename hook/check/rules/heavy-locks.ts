import type { Lock } from '../../migration/finding.ts'
import type { Tree } from '../../sql/parse.ts'
import { alterationsBy, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about statements that are nothing but a strong lock: they rewrite a table as it is, empty it, or only lock it. */

export const tableRewritten: Rule = {
  name: 'table-rewritten',
  kind: 'blocking',
  severity: 'error',
  finds: 'VACUUM FULL, CLUSTER, SET LOGGED or UNLOGGED, SET TABLESPACE, SET ACCESS METHOD',
  why: 'The whole table is written anew under ACCESS EXCLUSIVE. None of this belongs into a rollout: use pg_repack or pg_squeeze for bloat.',
  unsafe: 'alter table orders set unlogged;',
  safe: 'alter table orders set (fillfactor = 90);',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree }, facts) => {
    const altered = alterationsBy(tree, 'AT_SetUnLogged', 'AT_SetLogged', 'AT_SetTableSpace', 'AT_SetAccessMethod').map(
      ({ relation }) => relation,
    )
    const full = (tree.VacuumStmt?.options ?? []).some(({ DefElem }: Tree) => DefElem?.defname === 'full')
    const vacuumed = full
      ? (tree.VacuumStmt?.rels ?? []).flatMap(({ VacuumRelation }: Tree) => VacuumRelation?.relation ?? [])
      : []
    const clustered = tree.ClusterStmt?.relation ?? []
    return [...altered, ...vacuumed, ...[clustered].flat()].map((relation): Found => {
      const table = tableOf(facts, relation)
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }],
        message: `Writes ${table.name} and its indexes anew and blocks reads and writes until it is done.`,
        safe: `-- outside of migrations, without blocking:\n-- pg_repack --table ${written(relation)}`,
      }
    })
  },
}

export const matviewRefresh: Rule = {
  name: 'matview-refresh',
  kind: 'blocking',
  severity: 'error',
  finds: 'REFRESH MATERIALIZED VIEW without CONCURRENTLY',
  why: 'Nobody can read the view until its query is done. CONCURRENTLY lets reads go on; it needs a unique index on the view.',
  unsafe: 'refresh materialized view order_sums;',
  safe: 'refresh materialized view concurrently order_sums;',
  silent: 'The view is small or new, or is refreshed WITH NO DATA.',
  judge: ({ tree: { RefreshMatViewStmt: statement }, sql }, facts) => {
    if (!statement?.relation || statement.concurrent || statement.skipData) return []
    const table = tableOf(facts, statement.relation)
    const unique = table.indexes.some(({ unique }) => unique) || !facts.online
    return [
      {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }],
        message: `Computes ${table.name} anew and blocks its readers until it is done.`,
        safe: `${unique ? '' : `create unique index on ${written(statement.relation)} (…);\n`}${sql.replace(/\bview\b/i, (word) => `${word} concurrently`)};`,
      },
    ]
  },
}

export const dataRemoved: Rule = {
  name: 'data-removed',
  kind: 'breaking',
  severity: 'error',
  finds: 'TRUNCATE, and DROP … CASCADE',
  why: 'The rows are gone for good, and TRUNCATE takes ACCESS EXCLUSIVE. CASCADE removes what the file does not name: rows of other tables, or views, foreign keys and columns that depend on it.',
  unsafe: 'truncate orders;',
  safe: 'delete from orders where id = 1;',
  silent: 'The file says "-- lotse: breaking", or the same run creates the table.',
  judge: ({ tree }, facts) => {
    const { TruncateStmt: truncate, DropStmt: drop } = tree
    const emptied = (truncate?.relations ?? []).flatMap(({ RangeVar }: Tree) => RangeVar ?? [])
    const cascades = truncate?.behavior === 'DROP_CASCADE'
    const truncated = emptied.map((relation): Found => {
      const table = tableOf(facts, relation)
      const others = cascades ? table.referencedBy.map((key) => facts.tables.get(key)?.name ?? key) : []
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `Removes every row of ${table.name}${cascades ? ` and of ${others.length > 0 ? others.join(', ') : 'each table that refers to it'}` : ''}.`,
        breaks: 'The old version finds no rows.',
        safe: `delete from ${written(relation)} where …;`,
      }
    })
    const columns = alterationsBy(tree, 'AT_DropColumn', 'AT_DropConstraint').filter(
      ({ command }) => command.behavior === 'DROP_CASCADE',
    )
    const dropped = drop?.behavior === 'DROP_CASCADE' || columns.length > 0
    if (!dropped) return truncated
    const touches = columns.map(({ relation }) => ({
      table: tableOf(facts, relation),
      lock: 'ACCESS EXCLUSIVE' as const,
      work: 'none' as const,
    }))
    return [
      ...truncated,
      {
        touches,
        message: 'CASCADE drops everything that depends on it, which this file does not name.',
        breaks: 'The old version may use what is dropped with it.',
        safe: '-- name what is to be dropped, one by one, without CASCADE',
      },
    ]
  },
}

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
