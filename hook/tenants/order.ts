import type { Canaries } from '../config/tenants.ts'
import { Failure } from '../failure.ts'

/**
 * Tenants in the groups in which they are gone through, each in the order given: those that go first, then all others. A share counts
 * what comes before it. Throws ConfigInvalid for a name that is no tenant's. Pure.
 */
export function inGroups(tenants: readonly string[], first: readonly Canaries[]): readonly (readonly string[])[] {
  const known = new Set(tenants)
  const unknown = first.flatMap((each) => (each.kind === 'names' ? each.names.filter((name) => !known.has(name)) : []))
  if (unknown.length > 0) throw noTenant(unknown)
  const left = new Set(tenants)
  const groups: string[][] = []
  for (const each of first) {
    const before = tenants.length - left.size
    const group =
      each.kind === 'names'
        ? each.names.filter((name) => left.has(name))
        : [...left].slice(0, Math.max(0, Math.ceil((tenants.length * each.percent) / 100) - before))
    for (const name of group) left.delete(name)
    groups.push([...new Set(group)])
  }
  return [...groups, [...left]].filter((group) => group.length > 0)
}

function noTenant(names: readonly string[]): Failure {
  return new Failure('ConfigInvalid', {
    summary: `LOTSE_FIRST names ${names.map((name) => `"${name}"`).join(', ')}, which the query for tenants does not return`,
    state: ['Nothing was changed.'],
    remedy: { kind: 'runAgain', after: 'correct --first, or the query' },
  })
}
