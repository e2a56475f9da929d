import type { Tree } from '../../sql/parse.ts'
import { alterationsBy, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about statements that only write a table or a materialized view anew. */

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
  silent: 'The view and the tables that it reads are small, or it is new, or is refreshed WITH NO DATA.',
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
