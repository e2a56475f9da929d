import { formatDuration } from '../config/duration.ts'
import type { Verdict } from '../migration/finding.ts'
import type { Applied, Conditions, Migration } from '../migration/migration.ts'
import type { Plan } from '../migration/plan.ts'
import { countFindings, describeFinding, describeUnjudged } from './finding.ts'
import { explainRefusal } from './refusal.ts'
import { waiting } from './sentences.ts'
import { table } from './table.ts'

/** What `lotse plan` prints. Pure. */
export function planText(plan: Plan, history: readonly Applied[], verdict?: Verdict, refuses = false): string {
  const later =
    plan.kind === 'refused' ? '' : waiting(plan.deferred.map(({ name, directives }) => ({ name, ...directives })))
  const after = later && `${later}.\n`
  switch (plan.kind) {
    case 'upToDate':
      return plan.ahead.length > 0
        ? `Nothing to do. The schema is newer than this folder: ${plan.ahead.join(', ')}.\n${after}`
        : `Nothing to do. The schema is what this folder needs.\n${after}`
    case 'refused':
      return `lotse up would refuse to run:\n${plan.refusals.map((refusal) => `- ${explainRefusal(refusal)}\n`).join('')}`
    case 'pending': {
      const findings = (verdict?.findings ?? []).filter(({ severity }) => severity !== 'note')
      const rows = plan.steps.map((step, index) => {
        const own = findings.filter(({ migration }) => migration === step.name)
        const check = own.length > 0 ? `check: ${countFindings(own)}` : ''
        return [String(index + 1), step.file, manner(step, history), [check, remarks(step)].filter(Boolean).join(', ')]
      })
      const head = refuses
        ? 'lotse up would refuse to run for the errors below; it would apply'
        : 'lotse up would apply'
      const texts = findings.map((finding) => `\n${describeFinding(finding).join('\n')}\n`)
      const unjudged = (verdict?.unjudged ?? [])
        .filter(({ remedy }) => remedy)
        .map((each) => `\n${describeUnjudged(each)}\n`)
      return `${head}, in this order:\n\n${table(['', 'MIGRATION', 'HOW', ''], rows)}${after && `\n${after}`}${[...texts, ...unjudged].join('')}`
    }
  }
}

export function planJson(plan: Plan, history: readonly Applied[], verdict?: Verdict): string {
  if (plan.kind === 'refused') return `${JSON.stringify(plan)}\n`
  const deferred = plan.deferred.map(({ name, file, directives: { phase } }) => ({ name, file, phase }))
  if (plan.kind === 'upToDate') return `${JSON.stringify({ ...plan, deferred })}\n`
  const steps = plan.steps.map((step) => ({
    name: step.name,
    file: step.file,
    kind: step.kind,
    transaction: step.directives.transaction,
    breaking: step.directives.breaking,
    phase: step.directives.phase,
    continued: isContinued(step, history),
    reversible: step.down !== undefined,
    ...(step.conditions ? { conditions: filesOf(step.conditions) } : {}),
    ...(step.repeatable ? { repeatable: true } : {}),
    ...(step.baseline ? { baseline: true } : {}),
    findings: verdict?.findings.filter(({ migration }) => migration === step.name),
    accepted: verdict?.accepted.filter(({ migration }) => migration === step.name),
  }))
  return `${JSON.stringify({ kind: plan.kind, steps, ahead: plan.ahead, deferred })}\n`
}

function manner(step: Migration, history: readonly Applied[]): string {
  if (step.directives.transaction) return 'in one transaction'
  const how = step.kind === 'sql' ? 'statement by statement' : 'without a transaction'
  return isContinued(step, history) ? `${how}, continued` : how
}

/** The files of the conditions, by what they are. */
function filesOf({ check, verify }: Conditions): Readonly<Record<string, string>> {
  return { ...(check ? { check: check.file } : {}), ...(verify ? { verify: verify.file } : {}) }
}

function remarks({ directives, down, repeatable, baseline, conditions }: Migration): string {
  return [
    conditions?.check && `only if ${conditions.check.file} holds`,
    conditions?.verify && `kept if ${conditions.verify.file} holds`,
    directives.phase !== 'expand' && directives.phase,
    directives.breaking && 'breaking: older versions will refuse to run on it',
    directives.lockTimeout && `lock timeout ${formatDuration(directives.lockTimeout)}`,
    directives.statementTimeout && `statement timeout ${formatDuration(directives.statementTimeout)}`,
    repeatable ? 'repeatable: again whenever it changes' : !down && 'no down file',
    baseline && 'baseline: stands for the versions up to its own',
  ]
    .filter(Boolean)
    .join(', ')
}

function isContinued(step: Migration, history: readonly Applied[]): boolean {
  return history.some((row) => row.name === step.name && row.state === 'started')
}
