import { namesBatch } from '../../sql/kinds.ts'
import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { alterationsBy, alterationsOf, relationsOf, strings, written } from './alterations.ts'
import { type Facts, type Table, tableOf } from './facts.ts'
import { type Held, heldLocks } from './held-locks.ts'
import type { Found, Judged, Rule } from './rule.ts'

/** Rules about what shares a transaction, and about statements that change many rows in one. */

export const bulkChange: Rule = {
  name: 'bulk-change',
  kind: 'blocking',
  severity: 'warning',
  finds: 'UPDATE, DELETE, MERGE or INSERT … SELECT of many rows of a large table in one transaction',
  why: 'Every row that it changes stays locked until the end, dead rows cannot be vacuumed, replicas fall behind, and a failure undoes all of it. Change the rows in batches.',
  unsafe: 'update orders set note = lower(note);',
  safe: 'update orders set note = lower(note) where id = 1;',
  silent:
    'The table is small, or the same run creates it; the WHERE clause compares a column with a constant by =, or picks a batch: between two variables, between the $1 and $2 of a backfill, or IN a subquery with LIMIT.',
  judge: ({ tree }, facts) =>
    (namesBatch(tree) ? [] : changesOf(tree, facts)).map(
      ({ table, verb, source }): Found => ({
        touches: [{ table: source ?? table, lock: 'ROW EXCLUSIVE', work: 'change' }],
        message: `${verb} in one transaction${source && source !== table ? ` from all of ${source.name}` : ''}; each changed row stays locked until its end.`,
        safe: `-- in batches of a few thousand rows, each committed, for example in a file with "-- lotse: no-transaction":\ndo $$ begin\n  loop\n    ${verb.startsWith('Deletes') ? 'delete from' : 'update'} ${plainIdentifier(table.name)} … where KEY in (select KEY … limit 5000);\n    exit when not found;\n    commit;\n  end loop;\nend $$;`,
      }),
    ),
}

type Change = { readonly table: Table; readonly verb: string; readonly source?: Table }

function changesOf(tree: Tree, facts: Facts): Change[] {
  const { UpdateStmt, DeleteStmt, MergeStmt, InsertStmt, SelectStmt } = tree
  const { withClause } = UpdateStmt ?? DeleteStmt ?? MergeStmt ?? InsertStmt ?? SelectStmt ?? {}
  const within = (withClause?.ctes ?? []).flatMap(({ CommonTableExpr: part }: Tree) =>
    changesOf(part?.ctequery ?? {}, facts),
  )
  const relation = UpdateStmt?.relation ?? DeleteStmt?.relation ?? MergeStmt?.relation
  if (relation && !picksFew(UpdateStmt?.whereClause ?? DeleteStmt?.whereClause)) {
    const table = tableOf(facts, relation)
    const verb = UpdateStmt ? 'Updates' : DeleteStmt ? 'Deletes' : 'Merges into'
    return [...within, { table, verb: `${verb} rows of ${table.name}` }]
  }
  const select: Tree = InsertStmt?.selectStmt ?? {}
  if (
    !InsertStmt?.relation ||
    !select.SelectStmt?.fromClause ||
    select.SelectStmt.limitCount ||
    picksFew(select.SelectStmt.whereClause)
  )
    return within
  const table = tableOf(facts, InsertStmt.relation)
  // Nobody waits for the rows of a table that this run makes.
  if (table.state === 'fresh') return within
  const sources = relationsOf(select.SelectStmt.fromClause).map((each) => tableOf(facts, each))
  const largest = sources.toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))[0]
  return largest ? [...within, { table, verb: `Inserts rows into ${table.name}`, source: largest }] : within
}

/** Whether a condition picks few rows: it compares a column with a constant, or names a batch. */
function picksFew(condition: unknown): boolean {
  const { A_Expr: comparison, BoolExpr: joined, SubLink: within } = (condition ?? {}) as Tree
  if (joined?.boolop === 'AND_EXPR') return (joined.args ?? []).some(picksFew)
  const subquery: Tree = within?.subselect ?? {}
  if (within?.subLinkType === 'ANY_SUBLINK') return Boolean(subquery.SelectStmt?.limitCount)
  const [left, right] = [comparison?.lexpr as Tree | undefined, comparison?.rexpr as Tree | undefined]
  if (comparison?.kind === 'AEXPR_BETWEEN')
    return (right?.List?.items ?? []).every((each: Tree) => each.ColumnRef || each.ParamRef)
  if (comparison?.kind !== 'AEXPR_OP' && comparison?.kind !== 'AEXPR_IN') return false
  const constant = (node: Tree | undefined): boolean =>
    Boolean(node && ('A_Const' in node || 'List' in node || node.TypeCast))
  return (
    strings(comparison.name)[0] === '=' && [left, right].some((each) => each?.ColumnRef) && [left, right].some(constant)
  )
}

export const workUnderLock: Rule = {
  name: 'work-under-lock',
  kind: 'blocking',
  severity: 'error',
  finds:
    'a change of many rows, CREATE INDEX or CREATE TABLE AS in the transaction whose earlier statement locks a table',
  why: 'The lock of an ALTER TABLE is held until the end of its transaction: reads and writes of that table wait for everything after it in the file. Split the file.',
  unsafe: 'alter table orders add column total_cents integer;\nupdate orders set total_cents = total * 100;',
  safe: 'alter table orders add column total_cents integer;',
  silent: 'The file has no transaction; the tables are small, or the same run creates them.',
  judge: (statement, facts) => {
    const held = locksBefore(statement, facts)
    const changes = held.length === 0 ? [] : changesOf(statement.tree, facts)
    const found = changes.map(({ table, verb, source }) =>
      underLock(held, source ?? table, 'change', source ? undefined : table, verb),
    )
    // A second index under the lock of the first keeps nobody waiting who does not wait for the first.
    const exclusive = held.filter(({ lock }) => lock === 'ACCESS EXCLUSIVE')
    const { IndexStmt: index, CreateTableAsStmt: created } = statement.tree
    if (exclusive.length === 0) return found
    if (index?.relation && !index.concurrent) {
      const table = tableOf(facts, index.relation)
      found.push(underLock(exclusive, table, 'build', table, `Builds an index on ${table.name}`))
    }
    const read = relationsOf(created?.query).map((each) => tableOf(facts, each))
    const largest = read.toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))[0]
    if (largest) found.push(underLock(exclusive, largest, 'scan', largest, `Reads ${largest.name}`))
    return found
  },
}

/** What `table` is worked on for, while `held` are locked; `same` is the table whose lock then lasts as long as the work. */
function underLock(
  held: readonly Held[],
  table: Table,
  work: 'change' | 'build' | 'scan',
  same: Table | undefined,
  verb: string,
): Found {
  const own = held.some((each) => each.table.key === same?.key)
  return {
    touches: [
      ...held.map((each) => ({ ...each, work: each.table.key === same?.key ? work : 'none' }) as const),
      ...(own ? [] : [{ table, lock: work === 'build' ? 'SHARE' : 'ROW EXCLUSIVE', work } as const]),
    ],
    message: `${verb} while an earlier statement of the same transaction locks ${held.map(({ table }) => table.name).join(', ')}.`,
    safe:
      work === 'build'
        ? '-- in a later file: see rule index-blocks-writes for the form that blocks nobody'
        : '-- move this statement to a later file, and change the rows in batches there',
  }
}

function locksBefore({ before }: Judged, facts: Facts): readonly Held[] {
  const held = before.flatMap((tree) => heldLocks(tree, facts)).filter(({ table }) => isSeen(table))
  return held.filter((each, index) => held.findIndex(({ table }) => table.key === each.table.key) === index)
}

/** Whether anybody but this run can be using a table. */
function isSeen({ state }: Table): boolean {
  return state === 'known' || state === 'assumed'
}

export const severalTablesLocked: Rule = {
  name: 'several-tables-locked',
  kind: 'brief',
  severity: 'warning',
  finds: 'strong locks on more than one table in one transaction',
  why: 'While it waits for the second lock, the first table is blocked already, and the application, which may take the two in the other order, can run into a deadlock. One table per file keeps each wait short.',
  unsafe: 'alter table orders add column seen boolean;\nalter table customers add column seen boolean;',
  safe: 'alter table orders add column seen boolean;\nalter table orders add column sent boolean;',
  silent: 'The file has no transaction; at most one of the tables is large and older than this run.',
  judge: (statement, facts) => {
    const exclusive = ({ lock }: Held): boolean => lock === 'ACCESS EXCLUSIVE'
    const earlier = locksBefore(statement, facts).filter(exclusive)
    const [first] = earlier
    const added = heldLocks(statement.tree, facts)
      .filter(exclusive)
      .find(({ table }) => isSeen(table) && table.key !== first?.table.key)
    if (!first || !added || earlier.length > 1) return []
    // A foreign key always locks two.
    if (alterationsOf(statement.tree).some(({ constraint }) => constraint?.contype === 'CONSTR_FOREIGN')) return []
    return [
      {
        touches: [...earlier, added].map((each) => ({ ...each, work: 'none' }) as const),
        message: `Locks ${added.table.name} while ${earlier.map(({ table }) => table.name).join(', ')} is locked by an earlier statement of the same transaction.`,
        safe: '-- a file for each table',
      },
    ]
  },
}

export const altersRepeated: Rule = {
  name: 'alters-repeated',
  kind: 'blocking',
  severity: 'note',
  finds: 'several ALTER TABLE of one table that each scan or rewrite it',
  why: 'Each rewrites or scans the table again. Commands of one ALTER TABLE share a single pass.',
  unsafe: 'alter table orders alter column total type bigint;\nalter table orders alter column note type char(9);',
  safe: 'alter table orders add column seen boolean;\nalter table orders add column sent boolean;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree, before }, facts) => {
    const rewrites = (each: Tree): string[] =>
      alterationsBy(each, 'AT_AlterColumnType').map(({ relation }) => tableOf(facts, relation).key)
    const earlier = new Set(before.flatMap(rewrites))
    const again = rewrites(tree).find((key) => earlier.has(key))
    const relation = tree.AlterTableStmt?.relation
    if (!again || !relation) return []
    const table = tableOf(facts, relation)
    return [
      {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }],
        message: `Rewrites ${table.name} once more: an earlier statement of the same file does so, too.`,
        safe: `alter table ${written(relation)}\n  alter column … type …,\n  alter column … type …;`,
      },
    ]
  },
}
