/** Endings of files that are migrations. */
export const ending = /(\.up)?\.(?:sql|ts|js|mjs|cjs)$/

/** The migration's name in what a person may write for it: the name itself or its file. */
export function nameOf(given: string): string {
  return given.replace(ending, '')
}
