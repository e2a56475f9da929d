import { formatDuration } from '../config/duration.ts'
import type { Finding, LockedTable, Severity, Unjudged, Verdict } from '../migration/finding.ts'

/** Findings as people read them: what it is and where, the line, what it does to which table, and what to write instead. Pure. */

/** One finding in lines. */
export function describeFinding(finding: Finding): readonly string[] {
  const { file, line, column, rule, severity, excerpt, message, breaks, safe } = finding
  return [
    `${file}, line ${line}, column ${column}: ${rule} (${severity})`,
    ...excerpt.map((each) => `  ${each}`),
    `  ${message}`,
    ...tablesOf(finding).map((each) => `  ${each}`),
    ...(breaks ? [`  Breaks: ${breaks}`] : []),
    '  Safe form:',
    ...safe.split('\n').map((each) => `    ${each}`),
  ]
}

/** Who waits for each lock (PostgreSQL docs, table 13.2). */
const whoWaits: Readonly<Record<LockedTable['lock'], string>> = {
  'ACCESS EXCLUSIVE': 'reads and writes wait',
  EXCLUSIVE: 'writes wait',
  'SHARE ROW EXCLUSIVE': 'writes wait',
  SHARE: 'writes wait',
  'ROW EXCLUSIVE': 'writes to the same rows wait',
}

function tablesOf({ tables, wait }: Finding): readonly string[] {
  const long = wait
    ? ` for about ${formatDuration(wait.least)} to ${formatDuration(wait.most)} (at ${wait.rates})`
    : tables.some(({ bytes }) => bytes === undefined)
      ? '; how long depends on its size, which no database told'
      : ', shortly'
  return tables.map((table) => `Table ${table.table}${sizeOf(table)}: ${table.lock}, ${whoWaits[table.lock]}${long}.`)
}

function sizeOf({ bytes, rows }: LockedTable): string {
  const known = [
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
    ...(rows === undefined ? [] : [`about ${rows.toLocaleString('en')} rows`]),
  ]
  return known.length > 0 ? ` (${known.join(', ')})` : ''
}

/** Bytes for people: 1.2 GB. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 1_000 && unit < units.length - 1) [value, unit] = [value / 1_000, unit + 1]
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** How many findings there are of each severity: `2 errors, 1 warning`. */
export function countFindings(findings: readonly Pick<Finding, 'severity'>[]): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const amount = findings.filter((each) => each.severity === severity).length
    return amount > 0 ? [`${amount} ${severity}${amount === 1 ? '' : 's'}`] : []
  })
  return counts.join(', ') || 'no findings'
}

/** What could not be judged, in a line, with what somebody can do about it. */
export function describeUnjudged({ file, line, why, remedy }: Unjudged): string {
  return `${file}, line ${line}: unjudged: ${why}${remedy ? ` (${remedy})` : ''}`
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 }

/** Whether a severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return rank[severity] <= rank[least]
}

/** What `lotse check` prints: findings from a severity on, what the files accept, what could not be judged, and how many of each. */
export function verdictText({ findings, accepted, unjudged }: Verdict, amount: number, level: Severity): string {
  const shown = findings.filter(({ severity }) => isAtLeast(severity, level))
  const hidden = findings.length - shown.length
  const lines = [
    ...shown.flatMap((each) => [...describeFinding(each), '']),
    ...accepted.map(({ file, line, rule, reason }) => `${file}, line ${line}: ${rule} is accepted: ${reason}`),
    ...unjudged.map(describeUnjudged),
    `Judged ${amount} migration${amount === 1 ? '' : 's'}: ${countFindings(shown)}${hidden > 0 ? ` (and ${countFindings(findings.filter((each) => !shown.includes(each)))}, see --level note)` : ''}.`,
  ]
  return `${lines.join('\n')}\n`
}
