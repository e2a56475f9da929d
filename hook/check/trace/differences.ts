import { placeShown } from '../../apply/explain.ts'
import { formatDuration } from '../../config/duration.ts'
import type { Finding, Severity, Verdict } from '../../migration/finding.ts'
import type { HeldLock, Trace, TracedMigration, TracedStatement, TracedTable } from '../../migration/trace.ts'
import { excerpt } from '../../sql/place.ts'
import type { Read } from '../judge.ts'
import { shownName } from '../rules/facts.ts'
import { differs } from '../rules/of-trace.ts'
import type { Foretelling, Foretold } from './foretell.ts'
import { lockModes } from './look.ts'

/**
 * What a trace saw otherwise than the rules foretold it, as findings: more work, a stronger lock or a longer time, and work that was
 * foretold and not done. A file accepts them like any other. Pure.
 */
export function differences(
  read: readonly Read[],
  foretelling: Foretelling,
  { migrations }: Pick<Trace, 'migrations'>,
  schema: string,
): Pick<Verdict, 'findings' | 'accepted'> {
  const findings: Finding[] = []
  const accepted: Verdict['accepted'][number][] = []
  for (const traced of migrations) {
    const migration = read.find((each) => each.migration.name === traced.migration)?.migration
    if (!migration) continue
    const reason = migration.directives.accepts.find(({ rule }) => rule === differs.name)?.reason
    for (const [index, statement] of traced.statements.entries()) {
      if (statement.failed) continue
      const foretold = foretelling.get(migration.name)?.get(statement.offset ?? -1)
      for (const { severity, message } of differencesOf(traced, index, statement, foretold, schema)) {
        const { line, column } = statement.place ?? { line: 1, column: 1 }
        const finding: Finding = {
          rule: differs.name,
          severity,
          migration: migration.name,
          file: migration.file,
          line,
          column,
          excerpt: statement.offset === undefined ? [] : excerpt(placeShown(migration.text, statement.offset)),
          message,
          tables: [],
          wait: undefined,
          breaks: undefined,
          safe: differs.safe,
        }
        if (reason === undefined) findings.push(finding)
        else accepted.push({ ...finding, reason })
      }
    }
  }
  return { findings, accepted }
}

type Difference = { readonly severity: Severity; readonly message: string }

/** Milliseconds from which a wait is noticed, and from which it is too long (judge.ts, estimate.ts). */
const [noticed, bearable] = [500, 2_000]

/** Rows that nobody changes by chance. */
const manyRows = 10_000

function severityOf(took: number): Severity {
  return took >= bearable ? 'error' : took >= noticed ? 'warning' : 'note'
}

function differencesOf(
  { locks }: TracedMigration,
  index: number,
  statement: TracedStatement,
  foretold: Foretold | undefined,
  schema: string,
): Difference[] {
  const { elapsed, tables, alone } = statement
  const said = ({ table, partitionOf = '' }: Pick<TracedTable, 'table' | 'partitionOf'>) =>
    foretold?.tables.get(table) ?? foretold?.tables.get(partitionOf)
  const lockOf = (table: string): HeldLock | undefined =>
    locks
      .filter((each) => each.table === table && each.statement <= index && each.to > statement.from)
      .toSorted((a, b) => rank(b.mode) - rank(a.mode))[0]
  const found: Difference[] = []
  const told = new Set<string>()
  for (const traced of tables.filter(({ fresh }) => !fresh)) {
    const { table, rewritten, built, scanned, changed } = traced
    const [name, works, lock] = [shownName(schema, table), said(traced)?.works ?? [], lockOf(table)]
    const blocks = lock !== undefined && rank(lock.mode) >= rank('SHARE')
    const under = lock ? ` under ${lock.mode}` : ''
    const add = (foretold: string, seen: string, severity = severityOf(elapsed)): void => {
      told.add(table)
      found.push({ severity, message: `Foretold: ${foretold}. Seen: ${seen} in ${formatDuration(elapsed)}${under}.` })
    }
    if (rewritten && !works.includes('rewrite'))
      add(`no rewrite of ${name}`, `${name} rewritten`, elapsed >= bearable ? 'error' : 'warning')
    else if (built.length > 0 && blocks && !works.includes('build') && !works.includes('rewrite'))
      add(`no index build on ${name}`, `${built.join(', ')} built`)
    else if (scanned > 0 && blocks && works.length === 0)
      add(`no scan of ${name}`, `${scanned.toLocaleString('en')} rows read`)
    else if (changed >= manyRows && !works.includes('change') && !works.includes('rewrite'))
      add(`no change of many rows of ${name}`, `${changed.toLocaleString('en')} rows changed`)
    const missing = works.find((work) => work === 'rewrite' || work === 'build')
    if (missing && !alone && !rewritten && built.length === 0)
      found.push({
        severity: 'note',
        message: `Foretold: ${missing === 'rewrite' ? 'a rewrite of' : 'an index build on'} ${name}. Seen: none.`,
      })
  }
  for (const lock of locks.filter((each) => each.statement === index && !told.has(each.table))) {
    const foretoldModes = said(lock)?.locks ?? []
    if (rank(lock.mode) < rank('SHARE') || foretoldModes.some((mode) => rank(mode) >= rank(lock.mode))) continue
    const [name, held] = [shownName(schema, lock.table), lock.to - lock.from]
    const strongest = foretoldModes.toSorted((a, b) => rank(b) - rank(a))[0]
    found.push({
      severity: severityOf(held),
      message: `Foretold: ${strongest ?? 'no lock that blocks writes'} on ${name}. Seen: ${lock.mode}, held for ${formatDuration(held)}.`,
    })
  }
  const { wait } = foretold ?? {}
  if (wait && elapsed > wait.most && elapsed >= noticed)
    found.push({
      severity: severityOf(elapsed),
      message: `Foretold: ${formatDuration(wait.least)} to ${formatDuration(wait.most)} (at ${wait.rates}). Seen: ${formatDuration(elapsed)}.`,
    })
  return found
}

function rank(mode: string): number {
  return lockModes.indexOf(mode)
}
