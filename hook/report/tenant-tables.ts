import type { FailedTenant } from '../database/failed-tenants.ts'
import type { Refusal } from '../migration/refusal.ts'
import type { Overall } from '../migration/status.ts'
import { amount } from './backfill.ts'
import { explainRefusal } from './refusal.ts'
import { table } from './table.ts'
import { tenants as amountOf, someOf } from './tenants.ts'

/** Tenants that have one version, and what that comes to. */
export type Version = {
  readonly tenants: readonly string[]
  /** The newest migration that is applied; undefined where none is. */
  readonly version: string | undefined
  readonly state: Overall
  readonly pending: readonly string[]
  readonly refusals?: readonly Refusal[]
  /** Why the history cannot be read, if so. */
  readonly error?: string
}

const states: Record<Overall, string> = {
  refused: 'refused',
  unfinished: 'unfinished',
  pending: 'behind',
  ahead: 'newer',
  upToDate: 'up to date',
}

/** The table of `lotse status` for many tenants: versions by count, and who is not up to date. Pure. */
export function tenantsText(total: number, versions: readonly Version[], failed: readonly FailedTenant[]): string {
  const rows = inOrder(merged(versions)).map(({ version, tenants, state, pending }) => [
    version ?? '(nothing)',
    amount(tenants.length),
    states[state],
    state === 'upToDate' ? '' : someOf(tenants, 5),
    pending.length > 0 ? `pending: ${someOf(pending, 3)}` : '',
  ])
  const why = versions.flatMap(({ tenants, refusals = [], error }) => [
    ...(error ? [`${someOf(tenants, 3)}: ${error}\n`] : []),
    ...refusals.map((refusal) => `${someOf(tenants, 3)}: ${explainRefusal(refusal)}\n`),
  ])
  const past = failed.map(
    ({ tenant, reason, error, failed_at }) => `${tenant} failed at ${failed_at} UTC: ${reason}: ${error}\n`,
  )
  const left = failed.length - mostFailed
  const more = left > 0 ? [`and ${amount(left)} more, in lotse status --json\n`] : []
  const told = [...why, ...past.slice(0, mostFailed), ...more]
  return `${table(['VERSION', 'TENANTS', 'STATE', '', ''], rows)}\n${summary(total, versions)}\n${told.join('')}`
}

/** How many failures the text tells. */
const mostFailed = 20

/** As in `997 at 042_invoice, 3 behind`. */
function summary(total: number, versions: readonly Version[]): string {
  const counts = (Object.keys(states) as Overall[]).reverse().flatMap((state) => {
    const count = versions.filter((each) => each.state === state).reduce((sum, { tenants }) => sum + tenants.length, 0)
    return count > 0 ? [`${amount(count)} ${states[state]}`] : []
  })
  return `${amountOf(total)}: ${counts.join(', ')}.`
}

export function tenantsJson(
  total: number,
  state: Overall,
  versions: readonly Version[],
  failed: readonly FailedTenant[],
): string {
  const described = inOrder(versions).map(({ tenants, version = null, ...rest }) => ({
    version,
    amount: tenants.length,
    ...rest,
    tenants,
  }))
  const past = failed.map(({ failed_at, ...rest }) => ({ ...rest, failedAt: `${failed_at.replace(' ', 'T')}Z` }))
  return `${JSON.stringify({ state, total, versions: described, failed: past })}\n`
}

/** Those that look the same in the table count as one. */
function merged(versions: readonly Version[]): readonly Version[] {
  const together = new Map<string, Version>()
  for (const each of versions) {
    const key = JSON.stringify([each.version, each.state, each.pending])
    const before = together.get(key)?.tenants ?? []
    together.set(key, { ...each, tenants: [...before, ...each.tenants].sort() })
  }
  return [...together.values()]
}

/** The version of most tenants first. */
function inOrder(versions: readonly Version[]): readonly Version[] {
  return versions.toSorted((a, b) => b.tenants.length - a.tenants.length)
}

type TenantsPlan = { readonly tenants: readonly string[]; readonly text: string }

/** What `lotse plan` prints for many tenants: each plan once, with how many it is for. Pure. */
export function plansText(total: number, plans: readonly TenantsPlan[]): string {
  const parts = plans.map(({ tenants, text }) => {
    const who = tenants.length === total ? 'all' : someOf(tenants, 5)
    return `${amountOf(tenants.length)} (${who}):\n${text.replace(/^(?=.)/gm, '  ')}`
  })
  return parts.join('\n')
}

export function plansJson(total: number, plans: readonly TenantsPlan[]): string {
  return `${JSON.stringify({ total, plans: plans.map(({ tenants, text }) => ({ tenants, ...JSON.parse(text) })) })}\n`
}
