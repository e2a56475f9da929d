import { checkSteps } from '../apply/check.ts'
import type { Migration } from '../migration/migration.ts'
import type { Plan } from '../migration/plan.ts'
import { planRefused } from '../report/refusal.ts'

export type Accepted = Exclude<Plan, { kind: 'refused' }>

/** The plan, unless it is refused; then throws PlanRefused. */
export function accepted(plan: Plan): Accepted {
  if (plan.kind === 'refused') throw planRefused(plan.refusals)
  return plan
}

/** The plan as up would find it: refused when a file holds what would fail half-way. */
export async function checked(plan: Plan): Promise<Plan> {
  const refusals = plan.kind === 'pending' ? await checkSteps(plan.steps) : []
  return refusals.length > 0 ? { kind: 'refused', refusals } : plan
}

/** Throws PlanRefused when a file holds what would fail half-way. */
export async function assertRunnable(steps: readonly Migration[]): Promise<void> {
  const refusals = await checkSteps(steps)
  if (refusals.length > 0) throw planRefused(refusals)
}
