import type { RangeVar } from '@pgsql/types'
import type { Facts } from '../rules/facts.ts'
import type { Change } from './changes.ts'
import type { Demand } from './demand.ts'
import type { Relation } from './relations.ts'

/** What of a run comes before a statement, as far as it changes which rows that will meet. Pure. */
export type Before = {
  readonly facts: Facts
  /** Functions that may write. */
  readonly writers: ReadonlySet<string>
  /** Who may have changed any table. */
  readonly anything: string | undefined
  /** From the oid of a table whose rows are others by then to who changes them. */
  readonly written: ReadonlyMap<number, string>
  /** From the oid of a table to its columns that are others by then; all of them where it is undefined. */
  readonly altered: ReadonlyMap<number, ReadonlySet<string> | undefined>
  readonly created: readonly RangeVar[]
  readonly defined: ReadonlySet<string>
  readonly triggered: readonly RangeVar[]
  /** From the oid of a table to columns that hold no null. */
  readonly proven: ReadonlyMap<number, ReadonlySet<string>>
}

export function nothingBefore(facts: Facts, writers: ReadonlySet<string>): Before {
  return {
    facts,
    writers,
    anything: undefined,
    written: new Map(),
    altered: new Map(),
    created: [],
    defined: new Set(),
    triggered: [],
    proven: new Map(),
  }
}

/** What comes before the next statement, once this change is made at a place of the run. `relation` is its table before the run. */
export function withChange(before: Before, change: Change, relation: Relation | undefined, place: string): Before {
  switch (change.kind) {
    case 'anything':
      return { ...before, anything: before.anything ?? `${place}, which runs before it, ${change.why}` }
    case 'calls': {
      const name = change.names.find((each) => before.writers.has(each) || before.defined.has(each))
      if (name === undefined) return before
      return {
        ...before,
        anything: before.anything ?? `${place}, which runs before it, calls ${name}, which may change any table`,
      }
    }
    case 'writes': {
      const triggers = before.triggered.some((each) => isSame(each, change.relation)) || relation?.triggers
      if (triggers)
        return {
          ...before,
          anything: before.anything ?? `${place}, which runs before it, fires triggers, which may change any table`,
        }
      if (!relation) return before
      const who = `${place}, which runs before it, changes them`
      return {
        ...before,
        written: new Map([...relation.reach.map((oid): [number, string] => [oid, who]), ...before.written]),
      }
    }
    case 'alters': {
      const altered = new Map(before.altered)
      // What is done to a table is done to its partitions and to what inherits from it.
      for (const oid of relation?.reach ?? []) {
        const known = before.altered.get(oid)
        const all = change.columns === undefined || (before.altered.has(oid) && known === undefined)
        altered.set(oid, all ? undefined : new Set([...(known ?? []), ...(change.columns ?? [])]))
      }
      return { ...before, altered }
    }
    case 'creates':
      return change.unlessThere && relation ? before : { ...before, created: [...before.created, change.relation] }
    case 'defines':
      return { ...before, defined: new Set([...before.defined, change.name]) }
    case 'triggers':
      return { ...before, triggered: [...before.triggered, change.relation] }
    case 'proves': {
      if (!relation) return before
      const columns = new Set([...(before.proven.get(relation.oid) ?? []), ...change.columns])
      return { ...before, proven: new Map([...before.proven, [relation.oid, columns]]) }
    }
  }
}

/** Why a demand is not asked about: `silent` where there is nothing to ask, else what is said; undefined where it is to be asked. */
export function prevents(before: Before, demand: Demand, relation: Relation, target?: Relation): string | undefined {
  const { asks, columns, calls } = demand
  // A partitioned table has no rows of its own.
  if (relation.kind === 'p' && demand.relation.inh !== true) return 'silent'
  const names = [demand.relation, ...(asks.kind === 'foreignKey' ? [asks.target] : [])]
  if (names.some((name) => before.created.some((each) => isSame(each, name)))) return 'silent'
  if (asks.kind === 'notNull' && isProven(before, asks.column, relation)) return 'silent'
  const column = (name: string): boolean => name === '*' || relation.columns.some((each) => each.name === name)
  // IF NOT EXISTS adds nothing; without it the statement fails by itself.
  if (asks.kind === 'noRow' && relation.columns.some(({ name }) => name === asks.column)) return 'silent'
  const altered = before.altered.get(relation.oid)
  const whole = before.altered.has(relation.oid) && altered === undefined
  // What the run itself adds is not there to be asked about.
  if (!whole && columns.some((name) => !column(name))) return 'silent'
  if (before.anything) return before.anything
  const who = before.written.get(relation.oid) ?? (target && before.written.get(target.oid))
  if (who) return who
  if (whole || columns.some((name) => altered?.has(name) || (name === '*' && altered)))
    return 'an earlier statement changes its columns'
  if (target && before.altered.has(target.oid)) return 'an earlier statement changes the table that it refers to'
  const own = calls.find((name) => before.defined.has(name))
  if (own) return `an earlier statement makes the function ${own}`
  const volatile = calls.find((name) => before.facts.functions.get(name) === 'v')
  return volatile && `the function ${volatile} is volatile`
}

function isProven({ facts, proven }: Before, column: string, relation: Relation): boolean {
  if (relation.columns.some(({ name, notNull }) => name === column && notNull)) return true
  if (proven.get(relation.oid)?.has(column)) return true
  const constraints = facts.tables.get(`${relation.schema}.${relation.name}`)?.constraints ?? []
  return constraints.some(({ type, valid, proves }) => type === 'c' && valid && proves.includes(column))
}

/** Whether two names may be of the same table. */
function isSame(one: RangeVar, other: RangeVar): boolean {
  return one.relname === other.relname && (!one.schemaname || !other.schemaname || one.schemaname === other.schemaname)
}
