import { formatDuration } from '../config/duration.ts'
import type { Backfill } from '../database/backfills.ts'
import type { Detail } from '../database/history.ts'
import type { Plan } from '../migration/plan.ts'
import type { Line, Overall } from '../migration/status.ts'
import { amount, shareOf } from './backfill.ts'
import { explainRefusal } from './refusal.ts'
import { waiting } from './sentences.ts'
import { table } from './table.ts'

const sentences: Record<Overall, string> = {
  refused: 'lotse up would refuse to run:',
  unfinished: 'A migration was started and not finished; lotse up continues it, lotse down finishes a revert.',
  pending: 'lotse up would apply what is pending.',
  ahead: 'The schema is newer than this folder, and this version can run on it.',
  upToDate: 'The schema is what this folder needs.',
}

/** The table of `lotse status`, and what it comes to. Pure. */
export function statusText(
  lines: readonly Line[],
  details: readonly Detail[],
  overall: Overall,
  plan: Plan,
  backfills: readonly Backfill[] = [],
): string {
  const byName = new Map(details.map((detail) => [detail.name, detail]))
  const rows = lines.map(({ name, state, breaking, phase, repeatable, unasked }) => {
    const detail = byName.get(name)
    const remarks = [
      phase !== 'expand' && phase,
      ...backfills.filter((each) => each.name === name).map(describeBackfill),
      breaking && 'breaking',
      unasked && 'applied without its conditions',
      repeatable && (repeatable === 'changed since it ran' ? `repeatable, ${repeatable}` : 'repeatable'),
    ]
    return [
      name,
      state === 'deferred' ? 'waits for finish' : state,
      ...describe(detail),
      remarks.filter(Boolean).join(', '),
    ]
  })
  const refusals =
    plan.kind === 'refused' ? plan.refusals.map((refusal) => `- ${explainRefusal(refusal)}\n`).join('') : ''
  const later = waiting(
    lines.flatMap(({ name, state, phase }) => (state === 'deferred' && phase ? [{ name, phase }] : [])),
  )
  const accepted = lines.flatMap(({ name }) => acceptedBy(byName.get(name)))
  const head = table(['MIGRATION', 'STATE', 'WHEN (UTC)', 'TOOK', 'BY', ''], rows)
  return `${[head, ...(accepted.length > 0 ? [accepted.join('')] : [])].join('\n')}\n${sentences[overall]}\n${refusals}${later && `${later}.\n`}`
}

export function statusJson(
  lines: readonly Line[],
  details: readonly Detail[],
  overall: Overall,
  plan: Plan,
  backfills: readonly Backfill[] = [],
): string {
  const byName = new Map(details.map((detail) => [detail.name, detail]))
  const migrations = lines.map((line) => {
    const detail = byName.get(line.name)
    const backfill = backfills.find((each) => each.name === line.name)
    if (backfill) return { ...line, backfill: fieldsOf(backfill) }
    if (!detail) return line
    const { applied_at: appliedAt, duration_ms, origin, applied_by: appliedBy, release, accepted } = detail
    return {
      ...line,
      appliedAt: `${appliedAt.replace(' ', 'T')}Z`,
      duration: Number(duration_ms),
      origin,
      appliedBy,
      release,
      ...(accepted ? { accepted } : {}),
    }
  })
  return `${JSON.stringify({ state: overall, migrations, refusals: plan.kind === 'refused' ? plan.refusals : [] })}\n`
}

/** What a migration's file accepts of the check's findings, since when, and by whose run. */
function acceptedBy(detail: Detail | undefined): string[] {
  const { name, accepted, applied_at, applied_by, release } = detail ?? {}
  const since = `since ${applied_at} UTC, by ${release ?? applied_by}`
  return (accepted ?? []).map(({ rule, reason }) => `${name} accepts ${rule}: ${reason} (${since})\n`)
}

function describe(detail: Detail | undefined): string[] {
  if (!detail) return ['', '', '']
  const took = detail.origin === 'up' ? formatDuration(Number(detail.duration_ms)) : detail.origin
  return [detail.applied_at, took, detail.release ?? detail.applied_by]
}

function describeBackfill({ state, keys_done, keys_expected, holding, error }: Backfill): string {
  const share = shareOf(Number(keys_done), keys_expected === null ? undefined : Number(keys_expected))
  const done = `${amount(Number(keys_done))} rows done${share === undefined ? '' : ` (${Math.floor(share * 100)} %)`}`
  return [state === 'running' ? '' : state, done, holding && `holding: ${holding}`, error && `failed: ${error}`]
    .filter(Boolean)
    .join(', ')
}

function fieldsOf(backfill: Backfill): object {
  const { state, cursor, upper_bound: upperBound, keys_done, rows_changed, keys_expected, holding, error } = backfill
  return {
    state,
    cursor,
    upperBound,
    rowsDone: Number(keys_done),
    rowsChanged: Number(rows_changed),
    rowsExpected: keys_expected === null ? null : Number(keys_expected),
    holding,
    error,
  }
}
