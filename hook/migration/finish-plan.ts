import type { Waiting } from '../event.ts'
import type { Migration } from './migration.ts'
import { isDeferred, type Plan } from './plan.ts'

/**
 * What `lotse finish` would do where `lotse up` has this plan: all that is deferred, in its order. Nothing of it runs while something
 * is pending that has to be there for the rollout: then old pods still serve. Pure.
 */
export function finishPlan(plan: Plan): Plan {
  switch (plan.kind) {
    case 'refused':
      return plan
    case 'pending':
      return { kind: 'refused', refusals: [{ kind: 'expandPending', names: plan.steps.map(({ name }) => name) }] }
    case 'upToDate': {
      const { ahead, deferred } = plan
      return deferred.length > 0 ? { kind: 'pending', steps: deferred, ahead, deferred: [] } : plan
    }
  }
}

/**
 * What a history of so many rows has applied when nothing is left for `lotse up`, and what that leaves for `lotse finish`: of the
 * deferred ones as many as there are rows for, in their order.
 */
export function leftToFinish(
  folder: readonly Migration[],
  rows: number,
): { readonly applied: readonly Migration[]; readonly deferred: readonly Migration[] } {
  const later = folder.filter(isDeferred)
  const deferred = later.slice(Math.max(0, rows - (folder.length - later.length)))
  return { applied: deferred.length > 0 ? folder.filter((each) => !deferred.includes(each)) : folder, deferred }
}

/** How a run tells of what is left for `lotse finish`. */
export function waitingOf({ name, directives: { phase } }: Migration): Waiting {
  return { name, phase }
}
