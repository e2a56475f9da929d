import type { FormatName } from '../config/config.ts'

/** Endings of files that are migrations. */
export const ending = /(\.up)?\.(?:sql|ts|js|mjs|cjs)$/

/** The migration's name in what a person may write for it: the name itself or its file. */
export function nameOf(given: string): string {
  return given.replace(ending, '')
}

/**
 * Compares two migration names; returns a negative number, zero or a positive one, as a sort function does.
 * Leading digits compare as a number of any size, so 9_b comes before 10_a; everything else by code unit, the same on every machine.
 */
export function compareNames(a: string, b: string): number {
  const [digitsOfA, digitsOfB] = [leadingDigits(a), leadingDigits(b)]
  if (digitsOfA && digitsOfB) {
    if (digitsOfA.length !== digitsOfB.length) return digitsOfA.length - digitsOfB.length
    if (digitsOfA !== digitsOfB) return digitsOfA < digitsOfB ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** Without leading zeros, but for a zero itself. */
function leadingDigits(name: string): string | undefined {
  let [start, end] = [0, 0]
  while (isDigit(name.charCodeAt(end))) {
    if (end === start && name.charCodeAt(end) === zero) start++
    end++
  }
  return end > start ? name.slice(start, end) : start > 0 ? '0' : undefined
}

const zero = 48

/** Looked at one by one: a folder's thousands of names are compared again and again. */
function isDigit(code: number): boolean {
  return code >= zero && code <= 57
}

/** What an order needs to know of a migration. */
type Ordered = { readonly name: string; readonly format?: FormatName }

/** The order in which a folder is applied: that of the tool whose format it has, or Lotse's own. Knows names that the folder lacks, too. */
export function orderOfFolder(folder: readonly Ordered[]): Order {
  switch (folder[0]?.format) {
    case undefined:
      return orderOf(folder.map(({ name }) => name))
    case 'flyway':
      return flywayOrder()
    case 'drizzle':
      return asListed(folder)
    case 'diesel':
      return (a, b) => compareText(dieselVersion(a), dieselVersion(b)) || compareText(a, b)
    case 'dbmate':
    case 'prisma':
    case 'umzug':
    case 'knex':
    case 'kysely':
      return compareText
    default:
      return compareNames
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** diesel takes what stands before the first `_`, without dashes. */
export function dieselVersion(name: string): string {
  return (name.split('_')[0] ?? '').replaceAll('-', '')
}

/** As a journal lists them; a name that it lacks, which another version of it has, by its own number. */
function asListed(folder: readonly Ordered[]): Order {
  const places = new Map(folder.map(({ name }, index) => [name, index]))
  return (a, b) => {
    const [placeOfA, placeOfB] = [places.get(a), places.get(b)]
    return placeOfA !== undefined && placeOfB !== undefined ? placeOfA - placeOfB : compareNames(a, b)
  }
}

/** Versions by their parts as numbers, a baseline after the version it ends with, and what is repeatable by its name after all versions. */
function flywayOrder(): Order {
  const known = new Map<string, string>()
  // Empty for what is repeatable. Sorting asks for each name many times.
  const versionOf = (name: string): string => {
    const version = known.get(name) ?? flywayVersion(name) ?? ''
    known.set(name, version)
    return version
  }
  return (a, b) => {
    const [versionOfA, versionOfB] = [versionOf(a), versionOf(b)]
    if (versionOfA === '' || versionOfB === '')
      return versionOfA === versionOfB ? compareText(a, b) : versionOfA === '' ? 1 : -1
    return compareParts(versionOfA, versionOfB) || compareText(b[0] ?? '', a[0] ?? '') || compareText(a, b)
  }
}

/** The version in a name as Flyway gives it, `1.2` of `V1_2__users`; undefined for what is repeatable. */
export function flywayVersion(name: string): string | undefined {
  return /^[VBU](\d+(?:[._]\d+)*)(?:__|$)/.exec(name)?.[1]?.replaceAll('_', '.')
}

/** Compares versions part by part as numbers of any size; 1 and 1.0 are the same. */
function compareParts(a: string, b: string): number {
  const [partsOfA, partsOfB] = [a.split('.'), b.split('.')]
  for (let index = 0; index < Math.max(partsOfA.length, partsOfB.length); index++) {
    const [one, other] = [partsOfA, partsOfB].map((parts) => leadingDigits(parts[index] ?? '0') ?? '0') as [
      string,
      string,
    ]
    const difference = one.length - other.length || compareText(one, other)
    if (difference !== 0) return difference
  }
  return 0
}

/** Compares two names, as a sort function does. */
export type Order = (a: string, b: string) => number

/** Letters, then a number that ends with its part of the name: `V10__users`, `step-2`, `v3`. */
const lettered = /^([a-z]+)\d+(?=[_.-]|$)/i

/**
 * The order of a folder with these names. Where every name has the same letters before its number, as Flyway's `V2__a` and `V10__b`,
 * the numbers compare as numbers, part by part (`V1_2` before `V1_10`); in any other folder compareNames() alone decides.
 */
export function orderOf(names: readonly string[]): Order {
  const prefix = lettersOf(names[0] ?? '')
  if (prefix === undefined || names.some((name) => lettersOf(name) !== prefix)) return compareNames
  return (a, b) =>
    lettersOf(a) === prefix && lettersOf(b) === prefix
      ? compareVersions(a.slice(prefix.length), b.slice(prefix.length))
      : compareNames(a, b)
}

/** Compares what begins with numbers with dots or underscores between them, part by part, as a sort function does. */
export function compareVersions(a: string, b: string): number {
  const [partsOfA, partsOfB] = [a, b].map((name) => /^\d+(?:[._]\d+)*(?=[_.-]|$)/.exec(name)?.[0].split(/[._]/) ?? [])
  for (const [index, part] of (partsOfA ?? []).entries()) {
    const other = partsOfB?.[index]
    if (other === undefined) return 1
    const difference = BigInt(part) - BigInt(other)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return (partsOfA?.length ?? 0) < (partsOfB?.length ?? 0) ? -1 : compareNames(a, b)
}

function lettersOf(name: string): string | undefined {
  return lettered.exec(name)?.[1]
}

/**
 * Two names that this order puts one way and their numbers the other: `V10__b` before `V2__a`, in a folder that has other names as
 * well. Undefined when there are none.
 */
export function twoOrders(names: readonly string[], order: Order): readonly [string, string] | undefined {
  const sorted = names.filter(lettersOf).sort(order)
  for (const letters of new Set(sorted.map(lettersOf))) {
    const alike = sorted.filter((name) => lettersOf(name) === letters)
    const byNumber = orderOf(alike)
    const index = alike.findIndex((name, at) => byNumber(name, alike[at + 1] ?? name) > 0)
    const [first, second] = [alike[index], alike[index + 1]]
    if (first && second) return [first, second]
  }
  return undefined
}
