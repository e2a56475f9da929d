import { Failure } from '../failure.ts'
import type { Refusal } from '../migration/plan.ts'

/** The Failure of a refused plan: every contradiction between folder and history, and what settles it. */
export function planRefused(refusals: readonly Refusal[]): Failure {
  return new Failure('PlanRefused', {
    summary: 'the migrations folder and the history contradict each other',
    details: refusals.map((refusal) => `- ${explain(refusal)}`),
    state: ['Nothing was changed.'],
    remedy: 'settle each of them as said above, build the image again and repeat the same helm upgrade',
  })
}

function explain(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'edited':
      return `${refusal.file} was edited after it was applied: put the applied text back and write the change as a new migration`
    case 'missing':
      return `${refusal.name} was applied but its file is gone: put the file back`
    case 'outOfOrder':
      return `${refusal.file} is new but sorts before ${refusal.after}, which is applied: rename it so that it comes last`
  }
}
