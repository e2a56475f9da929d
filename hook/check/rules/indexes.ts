import type { IndexStmt } from '@pgsql/types'
import { isConcurrentReindex } from '../../sql/kinds.ts'
import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { droppedNames, relationOf, written } from './alterations.ts'
import { type Facts, keyOf, type Table, tableOf, unknownTable } from './facts.ts'
import type { Rule } from './rule.ts'

/** Rules about building, rebuilding and dropping indexes. */

const alone = '-- lotse: no-transaction\n'

export const indexBlocksWrites: Rule = {
  name: 'index-blocks-writes',
  kind: 'blocking',
  severity: 'error',
  finds: 'CREATE INDEX without CONCURRENTLY',
  why: 'The build holds SHARE on the table: no row can be inserted, updated or deleted until it is done. CONCURRENTLY lets writes go on; it cannot run in a transaction, so it gets a file of its own.',
  unsafe: 'create index orders_note on orders (note);',
  safe: `${alone}create index concurrently orders_note on orders (note);`,
  silent: 'The table is small, or the same run creates it. For a partitioned table see index-concurrently-partitioned.',
  judge: ({ tree, sql }, facts) => {
    const index = tree.IndexStmt
    if (!index || index.concurrent || index.relation?.inh !== true) return []
    const table = tableOf(facts, index.relation)
    const message = `Builds ${index.idxname ? `index ${index.idxname}` : 'an index'} on ${table.name} and blocks its writes until the build is done.`
    const safe = table.kind === 'p' ? onPartitions(index) : alone + concurrently(sql, index)
    return [{ touches: [{ table, lock: 'SHARE', work: 'build' }], message, safe }]
  },
}

/** The statement with CONCURRENTLY, and with a name, since Lotse has to find an index that an interrupted build left behind. */
function concurrently(sql: string, index: IndexStmt): string {
  const name = index.idxname ? '' : ` ${generatedName(index)}`
  return `${sql.replace(/\bindex\b/i, (word) => `${word} concurrently${name}`).replace(/\bif\s+not\s+exists\s+/i, '')};`
}

function generatedName({ relation, indexParams = [] }: IndexStmt): string {
  const columns = indexParams.map(({ IndexElem }: Tree) => IndexElem?.name ?? 'expr')
  return plainIdentifier([relation?.relname, ...columns, 'idx'].join('_'))
}

function onPartitions(index: IndexStmt): string {
  const [parent, name] = [written(index.relation), plainIdentifier(index.idxname || generatedName(index))]
  return [
    `create index ${name} on only ${parent} (…);`,
    '-- in a file with "-- lotse: no-transaction", for each partition:',
    'create index concurrently PARTITION_index on PARTITION (…);',
    '-- then, for each partition:',
    `alter index ${name} attach partition PARTITION_index;`,
  ].join('\n')
}

export const indexConcurrentlyPartitioned: Rule = {
  name: 'index-concurrently-partitioned',
  kind: 'mistake',
  severity: 'error',
  finds: 'CREATE INDEX CONCURRENTLY on a partitioned table',
  why: 'PostgreSQL refuses it (0A000). Create the index ON ONLY the parent, build each partition’s index concurrently, and attach them.',
  unsafe: `${alone}create index concurrently events_kind on events (kind);`,
  safe: 'create index events_kind on only events (kind);',
  silent: 'The table is not partitioned; without a database, always.',
  judge: ({ tree: { IndexStmt: index } }, facts) => {
    const table = index?.concurrent && index.relation ? tableOf(facts, index.relation) : undefined
    if (!index || table?.kind !== 'p' || index.relation?.inh !== true) return []
    const message = `${table.name} is partitioned, and PostgreSQL builds no index concurrently on a partitioned table: this statement fails.`
    return [{ touches: [{ table, lock: 'SHARE', work: 'none' }], message, safe: onPartitions(index) }]
  },
}

export const indexIfNotExists: Rule = {
  name: 'index-if-not-exists',
  kind: 'mistake',
  severity: 'warning',
  finds: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS',
  why: 'An index of that name that an interrupted build left INVALID exists, so IF NOT EXISTS skips the build and reports success: no query uses the index, and every write maintains it. Lotse itself finds and rebuilds what its own interrupted build left, so the words are not needed.',
  unsafe: `${alone}create index concurrently if not exists orders_note on orders (note);`,
  safe: `${alone}create index concurrently orders_note on orders (note);`,
  silent: 'The database shows no relation of that name.',
  judge: ({ tree: { IndexStmt: index }, sql }, facts) => {
    if (!index?.concurrent || !index.if_not_exists) return []
    const table = tableOf(facts, index.relation ?? {})
    const there = table.indexes.find(({ name }) => name === index.idxname)
    if (facts.online && (!there || there.valid)) return []
    const state = there ? 'exists and is invalid' : 'may exist and be invalid'
    return [
      {
        touches: [{ table, lock: 'SHARE', work: 'none' }],
        message: `Index ${index.idxname} ${state} after an interrupted build; IF NOT EXISTS would leave it so and report success.`,
        safe: `${alone}${sql.replace(/\s+if\s+not\s+exists\b/i, '')};`,
      },
    ]
  },
}

export const indexConcurrentlyCorrupts: Rule = {
  name: 'index-concurrently-corrupts',
  kind: 'mistake',
  severity: 'error',
  finds: 'CONCURRENTLY on PostgreSQL 14.0 to 14.3',
  why: 'A bug of these releases lets CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY miss rows that are updated meanwhile (release notes of 14.4). Upgrade the server first.',
  unsafe: `${alone}create index concurrently orders_note on orders (note);`,
  safe: '-- upgrade the server to 14.4 or later first',
  silent: 'Every other version; without a database, always.',
  judge: ({ tree }, facts) => {
    const reindexed = tree.ReindexStmt && isConcurrentReindex(tree.ReindexStmt) ? tree.ReindexStmt.relation : undefined
    const relation = tree.IndexStmt?.concurrent ? tree.IndexStmt.relation : reindexed
    if (!facts.online || !relation || facts.version >= 140_004) return []
    const message =
      'This server has a bug by which an index built concurrently may miss rows (fixed in PostgreSQL 14.4).'
    const table = tableOf(facts, relation)
    return [
      {
        touches: [{ table, lock: 'SHARE', work: 'none' }],
        message,
        safe: '-- upgrade the server to 14.4 or later first',
      },
    ]
  },
}

export const dropIndexLocksTable: Rule = {
  name: 'drop-index-locks-table',
  kind: 'brief',
  severity: 'warning',
  finds: 'DROP INDEX without CONCURRENTLY',
  why: 'It takes ACCESS EXCLUSIVE on the table as well. It waits for every running query on the table, and all later queries wait behind it. CONCURRENTLY waits without blocking anybody.',
  unsafe: 'drop index orders_total;',
  safe: `${alone}drop index concurrently orders_total;`,
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree, sql }, facts) => {
    if (tree.DropStmt?.concurrent || tree.DropStmt?.behavior === 'DROP_CASCADE') return []
    return droppedNames(tree, 'OBJECT_INDEX').map((names) => {
      const table = tableOfIndex(facts, names)
      return {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `Dropping index ${names.at(-1)} locks ${table.name} against reads and writes.`,
        safe: `${alone}${sql.replace(/\bindex\b/i, (word) => `${word} concurrently`)};`,
      }
    })
  },
}

function tableOfIndex(facts: Facts, names: readonly string[]): Table {
  const { schemaname, relname = '' } = relationOf(names)
  const key = keyOf(facts, schemaname, relname)
  const table = facts.tables.get(facts.indexes.get(key) ?? '')
  return table ?? { ...unknownTable(facts, key), name: `the table of ${relname}` }
}

export const reindexBlocks: Rule = {
  name: 'reindex-blocks',
  kind: 'blocking',
  severity: 'error',
  finds: 'REINDEX without CONCURRENTLY',
  why: 'It holds SHARE on the table, so no row can be written, and ACCESS EXCLUSIVE on the index, so that queries that would use it wait, too.',
  unsafe: 'reindex table orders;',
  safe: `${alone}reindex table concurrently orders;`,
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree: { ReindexStmt: statement }, sql }, facts) => {
    if (!statement?.relation || isConcurrentReindex(statement)) return []
    const { relation, kind } = statement
    const names = [relation.schemaname, relation.relname].filter((each): each is string => Boolean(each))
    const table = kind === 'REINDEX_OBJECT_INDEX' ? tableOfIndex(facts, names) : tableOf(facts, relation)
    return [
      {
        touches: [{ table, lock: 'SHARE', work: 'build' }],
        message: `Rebuilds ${kind === 'REINDEX_OBJECT_INDEX' ? `index ${relation.relname}` : `every index of ${table.name}`} and blocks writes, and reads through the index, until it is done.`,
        safe: `${alone}${sql.replace(/\b(table|index)\b/i, (word) => `${word} concurrently`)};`,
      },
    ]
  },
}
