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
  return /^0*(\d+)/.exec(name)?.[1]
}
