import { formatDuration } from '../config/duration.ts'
import type { Backfill } from '../database/backfills.ts'
import type { Detail } from '../database/history.ts'
import type { ProvenRollout } from '../database/rollout.ts'
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

/** What is known of a folder and its history. */
export type Status = {
  readonly lines: readonly Line[]
  readonly details: readonly Detail[]
  readonly overall: Overall
  readonly plan: Plan
  readonly backfills: readonly Backfill[]
  /** The rollout that was last seen to be complete, where a soak is measured from it. */
  readonly proven: ProvenRollout | undefined
}

/** The table of `lotse status`, and what it comes to. Pure. */
export function statusText({ lines, details, overall, plan, backfills, proven }: Status): string {
  const byName = new Map(details.map((detail) => [detail.name, detail]))
  const before = predecessors(plan)
  const rows = lines.map(({ name, state, breaking, phase, repeatable, unasked }) => {
    const detail = byName.get(name)
    const remarks = [
      phase !== 'expand' && phase,
      before.has(name) && `after ${before.get(name)}`,
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
  return `${[head, ...(accepted.length > 0 ? [accepted.join('')] : [])].join('\n')}\n${sentences[overall]}\n${refusals}${later && `${later}.\n${soakOf(proven)}`}`
}

/** What each migration that waits for `lotse finish` waits for besides: the one before it. */
function predecessors(plan: Plan): ReadonlyMap<string, string> {
  const names = plan.kind === 'refused' ? [] : plan.deferred.map(({ name }) => name)
  return new Map(names.slice(1).map((name, index) => [name, names[index] ?? '']))
}

/** Until when nothing of what waits is run; empty where no soak is under way. */
function soakOf(proven: ProvenRollout | undefined): string {
  if (!proven || proven.left <= 0) return ''
  const { version, provenAt, until, soak } = proven
  return `The rollout of version ${version} was complete at ${provenAt} UTC; rollback stays possible until ${until} UTC (soak ${formatDuration(soak)}).\n`
}

export function statusJson({ lines, details, overall, plan, backfills, proven }: Status): string {
  const byName = new Map(details.map((detail) => [detail.name, detail]))
  const before = predecessors(plan)
  const migrations = lines.map((line) => {
    const detail = byName.get(line.name)
    const backfill = backfills.find((each) => each.name === line.name)
    const after = before.get(line.name)
    const waits = { ...(after ? { after } : {}), ...(backfill ? { backfill: fieldsOf(backfill) } : {}) }
    if (backfill || !detail) return { ...line, ...waits }
    const { applied_at: appliedAt, duration_ms, origin, applied_by: appliedBy, release, accepted } = detail
    return {
      ...line,
      ...waits,
      appliedAt: `${appliedAt.replace(' ', 'T')}Z`,
      duration: Number(duration_ms),
      origin,
      appliedBy,
      release,
      ...(accepted ? { accepted } : {}),
    }
  })
  const refusals = plan.kind === 'refused' ? plan.refusals : []
  const rollout = lines.some(({ state }) => state === 'deferred') && proven ? { rollout: rolloutOf(proven) } : {}
  return `${JSON.stringify({ state: overall, migrations, refusals, ...rollout })}\n`
}

/** In milliseconds and ISO 8601. */
function rolloutOf({ version, provenAt, until, soak }: ProvenRollout): object {
  return { version, provenAt: `${provenAt.replace(' ', 'T')}Z`, soak, rollbackUntil: `${until.replace(' ', 'T')}Z` }
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
