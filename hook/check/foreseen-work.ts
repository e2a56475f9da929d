import type { PieceOfWork } from '../database/lock.ts'
import type { PastWork } from '../database/past-work.ts'
import { bytesOf, type Rates } from './estimate.ts'
import { factsAfter } from './evolution.ts'
import type { Read } from './judge.ts'
import { rules } from './rules/all.ts'
import type { Facts } from './rules/facts.ts'
import type { Touch } from './rules/rule.ts'

/** Bytes below which starting and ending a transaction counts for more than the work. */
const least = 10_000_000

/**
 * The work of each migration, where it is one of a kind and large enough to tell a rate by: a rewrite of so many bytes. None where
 * something in the file cannot be judged, and none of a file that may be interrupted, or runs again. Pure.
 */
export function foreseenWork(read: readonly Read[], facts: Facts): ReadonlyMap<string, PieceOfWork> {
  const found = new Map<string, PieceOfWork>()
  let known = facts
  for (const { migration, parts, unjudged } of read) {
    const touches = new Map<string, Touch>()
    const { transaction } = migration.directives
    for (const { tree, sql } of parts) {
      const statement = { tree, sql, before: [], transaction }
      for (const touch of rules.flatMap((rule) => rule.judge(statement, known).flatMap((each) => each.touches)))
        if (touch.work !== 'none') touches.set(`${touch.table.key} ${touch.work}`, touch)
      known = factsAfter(known, tree)
    }
    const [first] = touches.values()
    const all = [...touches.values()]
    const bytes = all.reduce((sum, { table, work }) => sum + bytesOf(table, work), 0)
    const isOne = all.every(({ work, table }) => work === first?.work && table.state === 'known')
    if (first && isOne && bytes >= least && transaction && unjudged.length === 0 && !migration.repeatable)
      found.set(migration.name, { work: first.work, bytes })
  }
  return found
}

/**
 * What this server gets through, by what it did: from half of the slowest to twice the fastest run, since the next table is not like the
 * last, and a run may have waited for a lock. Undefined for work that it has not done yet. Pure.
 */
export function ratesOf(past: readonly PastWork[]): Rates {
  const rates: Record<string, { slow: number; fast: number; runs: number }> = {}
  for (const { work, bytes, elapsed } of past) {
    const rate = bytes / 1_000 / Math.max(1, elapsed)
    const { slow = Number.POSITIVE_INFINITY, fast = 0, runs = 0 } = rates[work] ?? {}
    rates[work] = { slow: Math.min(slow, rate / 2), fast: Math.max(fast, rate * 2), runs: runs + 1 }
  }
  return rates
}
