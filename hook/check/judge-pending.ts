import type { Config } from '../config/config.ts'
import { messageOf } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Finding, Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import { countFindings, describeFinding, isAtLeast } from '../report/finding.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { readFacts } from './catalogue.ts'
import { assertKnownRules, judge, type Read, readStatements } from './judge.ts'
import { namedIn } from './named-objects.ts'
import { type Facts, noFacts } from './rules/facts.ts'

/** Judges migrations that are about to run, by what this database's catalogue says. Throws ConfigInvalid for an unknown rule. */
export async function judgePending(session: Session, steps: readonly Migration[]): Promise<Verdict> {
  const { read, facts } = await readAll(session, steps)
  return judge(read, { facts })
}

/** Judges each migration as if it alone came now. */
export async function judgeEach(session: Session, steps: readonly Migration[]): Promise<Verdict> {
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
  session: Session,
  steps: readonly Migration[],
): Promise<{ read: readonly Read[]; facts: Facts }> {
  assertKnownRules(steps)
  const read = await readStatements(steps)
  const named = read.flatMap(({ parts }) => parts.map(({ tree }) => namedIn(tree)))
  return { read, facts: named.length > 0 ? await readFacts(session, named) : noFacts }
}

/**
 * Tells what the pending migrations would do to this database, before any of it runs. Throws PlanRefused where errors are to be
 * refused. A check that fails itself stops nobody: it is said to have failed.
 */
export async function checkBeforeRun(
  session: Session,
  steps: readonly Migration[],
  check: Config['check'],
  emit: Emit,
): Promise<void> {
  let verdict: Verdict
  try {
    verdict = await judgePending(session, steps)
  } catch (error) {
    // A bug of the check must not keep a migration from running either.
    if (error instanceof Failure || session.lostBy(error) || session.signal.aborted) throw error
    return emit({ event: 'check.failed', error: withoutQuotedSecrets(messageOf(error)) })
  }
  const findings = verdict.findings.filter(({ severity }) => isAtLeast(severity, 'warning'))
  const { accepted } = verdict
  if (findings.length === 0 && accepted.length === 0) return
  emit({
    event: 'check.found',
    summary: countFindings(findings),
    findings: findings.map(told),
    accepted: accepted.map(told),
  })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (check === 'refuse' && errors.length > 0) throw refused(errors)
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
