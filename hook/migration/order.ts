/**
 * Compares two migration names; returns a negative number, zero or a positive one, as a sort function does.
 * Leading digits compare as a number, so 9_b comes before 10_a; everything else by code unit, the same on every machine.
 */
export function compareNames(a: string, b: string): number {
  const [digitsOfA, digitsOfB] = [leadingDigits(a), leadingDigits(b)]
  if (digitsOfA && digitsOfB) {
    const difference = BigInt(digitsOfA) - BigInt(digitsOfB)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function leadingDigits(name: string): string | undefined {
  return /^\d+/.exec(name)?.[0]
}
