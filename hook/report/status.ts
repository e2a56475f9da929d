import type { Plan } from '../migration/plan.ts'
import type { Line, Overall } from '../migration/status.ts'
import { explainRefusal } from './refusal.ts'
import { table } from './table.ts'

const sentences: Record<Overall, string> = {
  refused: 'lotse up would refuse to run:',
  unfinished: 'A migration was begun and not finished; lotse up continues it, lotse down finishes a revert.',
  pending: 'lotse up would apply what is pending.',
  ahead: 'The schema is newer than this folder, and this version can run on it.',
  upToDate: 'The schema is what this folder needs.',
}

/** The table of `lotse status`, and what it comes to. Pure. */
export function statusText(lines: readonly Line[], overall: Overall, plan: Plan): string {
  const rows = lines.map(({ name, state, breaking }) => [name, state, breaking ? 'breaking' : ''])
  const refusals =
    plan.kind === 'refused' ? plan.refusals.map((refusal) => `- ${explainRefusal(refusal)}\n`).join('') : ''
  return `${table(['MIGRATION', 'STATE', ''], rows)}\n${sentences[overall]}\n${refusals}`
}

export function statusJson(lines: readonly Line[], overall: Overall, plan: Plan): string {
  const refusals = plan.kind === 'refused' ? plan.refusals : []
  return `${JSON.stringify({ state: overall, migrations: lines, refusals })}\n`
}
