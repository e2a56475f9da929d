import { rules } from './rules/all.ts'
import type { Rule } from './rules/rule.ts'

/** What the rules say of themselves, for `lotse help` and for hook/check/README.md, which `make docs` writes. Pure. */

const effects: Readonly<Record<Rule['kind'], string>> = {
  blocking: 'It is an error when the application may wait for 2 s or longer, else a warning.',
  brief: 'The lock is held only briefly, but everybody queues behind the wait for it, at most for the lock timeout.',
  breaking: 'It concerns the running version, whatever the size of the table.',
  mistake: 'The statement does not do what its author expects.',
  failing: 'Only a row that was found is told.',
}

const proofs: Readonly<Record<Rule['kind'], string>> = {
  blocking: 'the locks, rewrites, scans and index builds of both examples are those that it tells',
  brief: 'the locks of the unsafe example are those that it tells, and the safe one does without',
  breaking: 'after the unsafe example a statement of the old version fails, or finds other rows than before',
  mistake: 'the unsafe example fails, or leaves what the rule says',
  failing: 'beside a row that does not allow it, the unsafe example is found and fails, the safe one is neither',
}

/** How rules are proven that no example alone can show. */
const proofsOfTheirOwn: Readonly<Record<string, string>> = {
  'index-concurrently-corrupts': 'by the release notes of PostgreSQL 14.4: no server with the bug is at hand',
  'table-in-use':
    'on PostgreSQL 14 to 18: behind an open transaction the unsafe example waits until its lock timeout, the safe one does not wait',
}

const bySubscription =
  'on PostgreSQL 14 to 18, with a subscription between two databases: [check-replication.test.ts](../../test/integration/check-replication.test.ts)'

/** The rule of a name; undefined where there is none. */
export function ruleNamed(name: string): Rule | undefined {
  return rules.find((rule) => rule.name === name)
}

/** Every rule in a line, for `lotse help rules`. */
export function rulesList(): readonly (readonly [name: string, severity: string, finds: string])[] {
  return rules.map(({ name, severity, finds }) => [name, severity, finds])
}

/** One rule as plain text. */
export function ruleText({
  name,
  severity,
  kind,
  finds,
  why,
  unsafe,
  safe,
  silent,
}: Rule): readonly (readonly [string, string])[] {
  return [
    ['', `${name} (${severity}): ${finds}.`],
    ['Why', `${why} ${effects[kind]}`],
    ['Unsafe', unsafe],
    ['Safe', safe],
    ['Silent when', silent],
  ]
}

/** The page of all rules, in Markdown. */
export function rulesPage(): string {
  return `# Rules of the check

This page is made from the rules themselves by \`make docs\`. \`lotse check\` and \`lotse plan\` show their findings, and so does \`lotse up\` before it runs anything (\`LOTSE_CHECK\`, in the chart
\`migrations.check\`). To accept one, write at the head of the file, with a reason: \`-- lotse: accept RULE: REASON\`. The
history keeps the reason, and \`lotse status\` tells it.

A rule that depends on how long something takes is silent where the table's size says that it is over in half a second. The estimate is a range, by the runs of the same kind that this
server's history keeps, else by default rates, and the finding says which (\`make bench-estimates\` compares both with what happens). Without a database every table counts as large. A table that the same
run creates is nobody's yet, so no rule speaks of it. The examples use the tables of [test/fixtures/check/schema.sql](../../test/fixtures/check/schema.sql);
[test/integration/check-proof.test.ts](../../test/integration/check-proof.test.ts) runs each of them on PostgreSQL 14 to 18, and the servers decide whether a rule is right.

| rule | severity | finds |
|---|---|---|
${rules.map(({ name, severity, finds }) => `| [${name}](#${name}) | ${severity} | ${finds} |`).join('\n')}

${rules.map(section).join('\n\n')}
`
}

function section({ name, kind, why, finds, unsafe, safe, silent }: Rule): string {
  const proof =
    proofsOfTheirOwn[name] ??
    (/^(?:published|slot)-/.test(name) ? bySubscription : undefined) ??
    `on PostgreSQL 14 to 18: ${proofs[kind]}`
  return `## ${name}

Finds ${finds}.

${why} ${effects[kind]}

\`\`\`sql
-- unsafe
${unsafe}
-- safe
${safe}
\`\`\`

Silent when: ${silent}

Proven ${proof}.`
}
