import { detachedPartition } from '../../sql/kinds.ts'
import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { alterationsBy, written } from './alterations.ts'
import { type Facts, type Table, tableOf, unknownTable } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about partitions. */

export const attachScans: Rule = {
  name: 'attach-scans',
  kind: 'blocking',
  severity: 'error',
  finds: 'ATTACH PARTITION that scans the new partition, or the default partition',
  why: 'Without a valid CHECK that implies its bound, every row of the new partition is read under ACCESS EXCLUSIVE; and where there is a default partition, every row of that, too, which the application is using. The parent itself is only locked against DDL.',
  unsafe: `alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
  safe: `alter table logs attach partition logs_2026 for values from ('2026-01-01') to ('2027-01-01');`,
  silent:
    'The new partition is small or new, and there is no default partition or it is small; a valid CHECK on the partition key proves the bound.',
  judge: ({ tree }, facts) =>
    alterationsBy(tree, 'AT_AttachPartition').flatMap(({ relation, command }): Found[] => {
      const definition: Tree = command.def ?? {}
      const { name = {}, bound } = definition.PartitionCmd ?? {}
      const [parent, child] = [tableOf(facts, relation), tableOf(facts, name)]
      const proven = isProven(child, parent.partitionKey)
      const standard = bound?.is_default ? undefined : defaultOf(facts, parent)
      const touches = [
        ...(proven ? [] : [{ table: child, lock: 'ACCESS EXCLUSIVE', work: 'scan' } as const]),
        ...(standard && !isProven(standard, parent.partitionKey)
          ? [{ table: standard, lock: 'ACCESS EXCLUSIVE', work: 'scan' } as const]
          : []),
      ]
      if (touches.length === 0) return []
      return [
        {
          touches,
          message: `Scans ${touches.map(({ table }) => table.name).join(' and ')} to see that the rows belong there, and blocks reads and writes of ${touches.length > 1 ? 'them' : 'it'} meanwhile.`,
          safe: [
            ...touches.flatMap(({ table }) => {
              const check = plainIdentifier(`${table.name.split('.').at(-1)}_bound`)
              const what = table === child ? 'KEY >= FROM and KEY < TO' : 'not (KEY >= FROM and KEY < TO)'
              return [
                `alter table ${table.name} add constraint ${check} check (KEY is not null and ${what}) not valid;`,
                '-- in a later file:',
                `alter table ${table.name} validate constraint ${check};`,
              ]
            }),
            '-- then attach',
          ].join('\n'),
        },
      ]
    }),
}

function defaultOf(facts: Facts, { defaultPartition: key }: Table): Table | undefined {
  return key === undefined ? undefined : (facts.tables.get(key) ?? unknownTable(facts, key))
}

/** Whether a valid CHECK speaks of the partition key: what it says exactly is the server's to judge. */
function isProven({ constraints }: Table, key: string | undefined): boolean {
  return (
    key !== undefined && constraints.some(({ type, valid, columns }) => type === 'c' && valid && columns.includes(key))
  )
}

export const partitionOfLocksParent: Rule = {
  name: 'partition-of-locks-parent',
  kind: 'brief',
  severity: 'warning',
  finds: 'CREATE TABLE … PARTITION OF',
  why: 'It takes ACCESS EXCLUSIVE on the parent, and scans the default partition if there is one. CREATE TABLE (LIKE …) and ATTACH PARTITION lock the parent against DDL only.',
  unsafe: `create table logs_2027 partition of logs for values from ('2027-01-01') to ('2028-01-01');`,
  safe: `create table logs_2027 (like logs including all);\nalter table logs attach partition logs_2027 for values from ('2027-01-01') to ('2028-01-01');`,
  silent: 'The parent is small, or the same run creates it.',
  judge: ({ tree: { CreateStmt: statement } }, facts) => {
    const inherited: Tree | undefined = statement?.partbound ? statement.inhRelations?.[0] : undefined
    if (!statement?.relation || !inherited?.RangeVar) return []
    const parent = tableOf(facts, inherited.RangeVar)
    const standard = statement.partbound?.is_default ? undefined : defaultOf(facts, parent)
    const [name, of] = [written(statement.relation), written(inherited.RangeVar)]
    return [
      {
        touches: [
          { table: parent, lock: 'ACCESS EXCLUSIVE', work: 'none' },
          ...(standard ? [{ table: standard, lock: 'ACCESS EXCLUSIVE', work: 'scan' } as const] : []),
        ],
        message: `Locks ${parent.name} against reads and writes${standard ? `, and scans its default partition ${standard.name}` : ''}.`,
        safe: `create table ${name} (like ${of} including all);\nalter table ${of} attach partition ${name} …;`,
      },
    ]
  },
}

export const detachLocks: Rule = {
  name: 'detach-locks',
  kind: 'brief',
  severity: 'warning',
  finds: 'DETACH PARTITION without CONCURRENTLY, and DROP TABLE of a partition',
  why: 'It takes ACCESS EXCLUSIVE on the parent and the partition. CONCURRENTLY (not with a default partition) waits without blocking anybody; a table that is detached can be dropped at leisure.',
  unsafe: 'alter table logs detach partition logs_2025;',
  safe: '-- lotse: no-transaction\nalter table logs detach partition logs_2025 concurrently;',
  silent: 'The parent is small.',
  judge: ({ tree }, facts) => {
    const detached = tree.AlterTableStmt && detachedPartition(tree.AlterTableStmt)
    const relations = tree.AlterTableStmt?.relation
    if (!detached || detached.concurrent || !relations) return droppedPartitions(tree, facts)
    const [parent, child] = [tableOf(facts, relations), tableOf(facts, detached.partition)]
    const possible = parent.defaultPartition === undefined
    return [
      {
        touches: [
          { table: parent, lock: 'ACCESS EXCLUSIVE', work: 'none' },
          { table: child, lock: 'ACCESS EXCLUSIVE', work: 'none' },
        ],
        message: `Locks ${parent.name} and ${child.name} against reads and writes.`,
        safe: possible
          ? `-- lotse: no-transaction\nalter table ${written(relations)} detach partition ${written(detached.partition)} concurrently;`
          : '-- a default partition rules out CONCURRENTLY: alone in its file, with a short wait for the lock\n-- lotse: lock-timeout 500ms',
      },
    ]
  },
}

function droppedPartitions({ DropStmt: statement }: Tree, facts: Facts): Found[] {
  if (statement?.removeType !== 'OBJECT_TABLE') return []
  return (statement.objects ?? []).flatMap(({ List }: Tree): Found[] => {
    const names = (List?.items ?? []).map(({ String: name }: Tree) => name?.sval ?? '')
    const [relname = '', schemaname] = names.toReversed()
    const table = tableOf(facts, schemaname ? { relname, schemaname } : { relname })
    if (!table.parent) return []
    const parent = facts.tables.get(table.parent) ?? unknownTable(facts, table.parent)
    return [
      {
        touches: [{ table: parent, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `Dropping partition ${table.name} also locks its parent ${parent.name} against reads and writes.`,
        safe: `-- lotse: no-transaction\nalter table ${parent.name} detach partition ${table.name} concurrently;\n-- in a later file:\ndrop table ${table.name};`,
      },
    ]
  })
}
