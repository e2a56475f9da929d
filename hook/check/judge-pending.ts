import type { Config } from '../config/config.ts'
import { messageOf } from '../database/errors.ts'
import type { HistoryTable, PieceOfWork } from '../database/lock.ts'
import { readPastWork } from '../database/past-work.ts'
import type { AskingSession } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Finding, Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import { countFindings, describeFinding, describeUnjudged, isAtLeast } from '../report/finding.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { readFacts } from './catalogue.ts'
import { foreseenWork, ratesOf } from './foreseen-work.ts'
import { assertKnownRules, findingOf, judge, type Read, readStatements } from './judge.ts'
import { namedIn } from './named-objects.ts'
import { demandsOfRows } from './preflight/demands.ts'
import type { Preflight } from './preflight/preflight.ts'
import { rules } from './rules/all.ts'
import { type Facts, noFacts } from './rules/facts.ts'

/**
 * Judges migrations that are about to run, by what this database's catalogue says, and by the rows that are there: a query for these
 * may take `rowTimeout` milliseconds, 0 for none. How long it takes is estimated by the runs that `table` keeps. Throws ConfigInvalid for an unknown rule.
 */
export async function judgePending(
  session: AskingSession,
  steps: readonly Migration[],
  rowTimeout: Config['checkTimeout'],
  table?: HistoryTable,
): Promise<Verdict> {
  return judgeRead(session, steps, await readAll(session, steps, table), rowTimeout)
}

async function judgeRead(
  session: AskingSession,
  steps: readonly Migration[],
  { read, facts }: { readonly read: readonly Read[]; readonly facts: Facts },
  rowTimeout: Config['checkTimeout'],
): Promise<Verdict> {
  const verdict = judge(read, { facts })
  if (rowTimeout === 0 || !read.some(({ parts }) => parts.some(({ tree }) => demandsOfRows(tree)))) return verdict
  const { preflight } = await import('./preflight/preflight.ts')
  try {
    return withRows(verdict, await preflight(session, read, facts, rowTimeout), steps)
  } catch (error) {
    if (session.lostBy(error) || session.signal.aborted) throw error
    // What the catalogue tells stands without it.
    const why = `the rows were not looked at: ${withoutQuotedSecrets(messageOf(error))}`
    return {
      ...verdict,
      unjudged: [
        ...verdict.unjudged,
        { file: steps[0]?.file ?? '', line: 1, why, remedy: 'the migrations run all the same' },
      ],
    }
  }
}

/** A verdict with the rows that were found, in the order of the run; those of a rule that the file accepts are accepted. */
function withRows(verdict: Verdict, { answers, unjudged }: Preflight, steps: readonly Migration[]): Verdict {
  const findings: Finding[] = []
  const accepted: Verdict['accepted'][number][] = []
  for (const { rule: name, message, safe, given, part, at } of answers) {
    const rule = rules.find((each) => each.name === name)
    const finding = rule && part && findingOf(rule, { touches: [], message, safe, at }, given.migration, part)
    if (!finding) continue
    const reason = given.migration.directives.accepts.find((each) => each.rule === name)?.reason
    if (reason === undefined) findings.push(finding)
    else accepted.push({ ...finding, reason })
  }
  const order = new Map(steps.map(({ name }, index) => [name, index]))
  const inOrder = <Given extends Finding>(all: readonly Given[]): readonly Given[] =>
    all.toSorted(
      (one, other) => (order.get(one.migration) ?? 0) - (order.get(other.migration) ?? 0) || one.line - other.line,
    )
  return {
    findings: inOrder([...verdict.findings, ...findings]),
    accepted: inOrder([...verdict.accepted, ...accepted]),
    unjudged: [...verdict.unjudged, ...unjudged],
  }
}

/** Judges each migration as if it alone came now. */
export async function judgeEach(session: AskingSession, steps: readonly Migration[]): Promise<Verdict> {
  const { read, facts } = await readAll(session, steps)
  const verdicts = read.map((each) => judge([each], { facts }))
  return {
    findings: verdicts.flatMap(({ findings }) => findings),
    accepted: verdicts.flatMap(({ accepted }) => accepted),
    unjudged: verdicts.flatMap(({ unjudged }) => unjudged),
  }
}

/** Reads the statements of migrations, and what the catalogue knows of all that they name. Throws ConfigInvalid for an unknown rule. */
export async function readAll(
  session: AskingSession,
  steps: readonly Migration[],
  table?: HistoryTable,
): Promise<{ read: readonly Read[]; facts: Facts }> {
  assertKnownRules(steps)
  const read = await readStatements(steps)
  const named = read.flatMap(({ parts }) => parts.map(({ tree }) => namedIn(tree)))
  if (named.length === 0) return { read, facts: noFacts }
  const facts = await readFacts(session, named)
  return { read, facts: table ? { ...facts, rates: ratesOf(await readPastWork(session, table)) } : facts }
}

/**
 * Tells what the pending migrations would do to this database, before any of it runs. Throws PlanRefused where errors are to be
 * refused. A check that fails itself stops nobody: it is said to have failed. Returns the work that it foresaw, for the history to keep.
 */
export async function checkBeforeRun(
  session: AskingSession,
  steps: readonly Migration[],
  { check, checkTimeout }: Pick<Config, 'check' | 'checkTimeout'>,
  table: HistoryTable,
  emit: Emit,
): Promise<ReadonlyMap<string, PieceOfWork>> {
  let verdict: Verdict
  let foreseen: ReadonlyMap<string, PieceOfWork>
  try {
    const all = await readAll(session, steps, table)
    verdict = await judgeRead(session, steps, all, checkTimeout)
    foreseen = foreseenWork(all.read, all.facts)
  } catch (error) {
    // A bug of the check must not keep a migration from running either.
    if (error instanceof Failure || session.lostBy(error) || session.signal.aborted) throw error
    emit({ event: 'check.failed', error: withoutQuotedSecrets(messageOf(error)) })
    return new Map()
  }
  const findings = verdict.findings.filter(({ severity }) => isAtLeast(severity, 'warning'))
  const { accepted } = verdict
  const unjudged = verdict.unjudged.filter(({ remedy }) => remedy !== undefined)
  if (findings.length === 0 && accepted.length === 0 && unjudged.length === 0) return foreseen
  emit({
    event: 'check.found',
    summary: countFindings(findings),
    findings: findings.map(told),
    accepted: accepted.map(told),
    unjudged: unjudged.map((each) => ({ ...each, text: describeUnjudged(each) })),
  })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (check === 'refuse' && errors.length > 0) throw refused(errors)
  return foreseen
}

function told<Given extends Finding>(finding: Given): Given & { text: string } {
  return { ...finding, text: describeFinding(finding).join('\n') }
}

function refused(errors: readonly Finding[]): Failure {
  return new Failure('PlanRefused', {
    summary: `the check found ${errors.length === 1 ? 'an error' : `${errors.length} errors`} in the pending migrations, and LOTSE_CHECK=refuse refuses them`,
    details: errors.flatMap(describeFinding),
    state: ['Nothing was changed.'],
    remedy: {
      kind: 'changeFiles',
      change: `write the safe form${errors.length === 1 ? '' : 's'} shown above (or accept with a reason: "-- lotse: accept ${errors[0]?.rule}: REASON")`,
    },
  })
}
