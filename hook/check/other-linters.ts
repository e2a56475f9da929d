import all from './other-linters.json' with { type: 'json' }

/**
 * What other linters check of PostgreSQL that concerns locks, lost data or the running version, by the name that each tool gives it:
 * the name of the rule here that finds it, or a sentence why none does. `make docs` writes it into hook/check/README.md,
 * test/unit/check-coverage.test.ts counts it, and `make bench-check` compares the names with those that the installed tools know.
 */
export type Linter = {
  readonly name: string
  /** The version whose checks are listed. */
  readonly version: string
  /** Where the list is from. */
  readonly source: string
  readonly checks: Readonly<Record<string, string>>
}

export const linters: readonly Linter[] = all.map(({ checks, ...linter }) => ({
  ...linter,
  checks: Object.fromEntries(Object.entries(checks)),
}))

/** Whether a check is found by a rule: their names are the only words without a space. */
export function isRule(cover: string): boolean {
  return !cover.includes(' ')
}

/** The section of hook/check/README.md, in Markdown. Pure. */
export function lintersSection(): string {
  return `
## What other linters find

Every check of other linters that concerns PostgreSQL, with the rule above that finds it, or why none does.
${linters.map(table).join('\n')}`
}

function table({ name, version, source, checks }: Linter): string {
  const covers = Object.entries(checks)
  const found = covers.filter(([, cover]) => isRule(cover)).length
  const rows = covers.map(([check, cover]) => `| ${check} | ${isRule(cover) ? `[${cover}](#${cover})` : cover} |`)
  return `
### ${name} ${version}

${found} of ${covers.length} by a rule. The list is from ${source}.

| ${name} | here |
|---|---|
${rows.join('\n')}
`
}
