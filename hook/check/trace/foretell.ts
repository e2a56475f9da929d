import type { Lock, Wait } from '../../migration/finding.ts'
import type { Tree } from '../../sql/parse.ts'
import { estimate } from '../estimate.ts'
import { factsAfter } from '../evolution.ts'
import type { Read } from '../judge.ts'
import { rules } from '../rules/all.ts'
import type { Facts } from '../rules/facts.ts'
import { heldLocks } from '../rules/held-locks.ts'
import type { Touch, Work } from '../rules/rule.ts'

/** What the rules say that a statement does, whether or not it is worth a finding. */
export type Foretold = {
  /** By the table's key. */
  readonly tables: ReadonlyMap<string, { readonly locks: readonly Lock[]; readonly works: readonly Work[] }>
  /** About how long its work takes. */
  readonly wait: Wait | undefined
}

/** By migration, then by the offset of the statement. What is not in there, the rules have nothing to say of. Pure. */
export type Foretelling = ReadonlyMap<string, ReadonlyMap<number, Foretold>>

export function foretell(read: readonly Read[], facts: Facts): Foretelling {
  let known = facts
  return new Map(
    read.map(({ migration, parts }) => {
      const { transaction } = migration.directives
      const before: Tree[] = []
      const byOffset = new Map<number, Touch[]>()
      for (const { tree, sql, offset } of parts) {
        const statement = { tree, sql, before: transaction ? [...before] : [], transaction }
        const touches = rules.flatMap((rule) => rule.judge(statement, known).flatMap((found) => found.touches))
        const held = heldLocks(tree, known).map((each): Touch => ({ ...each, work: 'none' }))
        byOffset.set(offset, [...(byOffset.get(offset) ?? []), ...touches, ...held])
        known = factsAfter(known, tree)
        before.push(tree)
      }
      return [migration.name, new Map([...byOffset].map(([offset, touches]) => [offset, foretoldBy(touches, facts)]))]
    }),
  )
}

function foretoldBy(touches: readonly Touch[], { rates }: Facts): Foretold {
  const tables = new Map<string, { locks: Lock[]; works: Work[] }>()
  for (const { table, lock, work } of touches) {
    const each = tables.get(table.key) ?? { locks: [], works: [] }
    each.locks.push(lock)
    if (work !== 'none') each.works.push(work)
    tables.set(table.key, each)
  }
  // Several rules may speak of the same work.
  const works = new Map(touches.map((touch) => [`${touch.table.key} ${touch.work}`, touch]))
  return { tables, wait: estimate([...works.values()], rates) }
}
