import { checked } from '../apply/refused-statements.ts'
import { judgePending } from '../check/judge-pending.ts'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import { ofTenant, type Tenants } from '../config/tenants.ts'
import { historyTable } from '../database/lock.ts'
import { type Session, withSession } from '../database/session.ts'
import { largestSchema } from '../database/tenant-histories.ts'
import { Failure } from '../failure.ts'
import { readContents } from '../folder/read.ts'
import type { Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import { makePlan } from '../migration/plan.ts'
import { linesOf, type Overall, overallOf } from '../migration/status.ts'
import { planJson, planText } from '../report/plan.ts'
import { plansJson, plansText, tenantsJson, tenantsText, type Version } from '../report/tenant-tables.ts'
import { type Standing, type Standings, standingsOf } from './standings.ts'

/** Most urgent first. */
const urgency: readonly Overall[] = ['refused', 'unfinished', 'pending', 'ahead', 'upToDate']

type Print = (text: string) => void

/** Shows which version how many tenants have, and who is behind. Returns the most urgent state of them. */
export async function showStatus(
  config: Config,
  tenants: Tenants,
  signal: AbortSignal,
  print: Print,
  json: boolean,
  env: Env,
): Promise<Overall> {
  const { all, standings, failed, folder } = await look(config, tenants, signal, env)
  const versions = standings.map(({ tenants, history }): Version => {
    if (history instanceof Failure) {
      return { tenants, version: undefined, state: 'refused', pending: [], error: history.message }
    }
    const plan = makePlan(folder, history.rows, config.allow, history.first)
    const lines = linesOf(folder, history.rows, plan)
    const applied = lines.filter(({ state }) => state === 'applied' || state === 'ahead')
    return {
      tenants,
      version: applied.at(-1)?.name,
      state: overallOf(lines, plan),
      pending: plan.kind === 'pending' ? plan.steps.map(({ name }) => name) : [],
      ...(plan.kind === 'refused' ? { refusals: plan.refusals } : {}),
    }
  })
  const state = urgency.find((each) => versions.some((version) => version.state === each)) ?? 'upToDate'
  const late = new Set(versions.filter((each) => each.state !== 'upToDate').flatMap(({ tenants }) => tenants))
  // One that was mended by hand since is no failure any more.
  const open = failed.filter(({ tenant }) => late.has(tenant))
  print(json ? tenantsJson(all.length, state, versions, open) : tenantsText(all.length, versions, open))
  return state
}

/** Shows what `up` would do to tenants, once for all that have the same history. Returns whether it would refuse for one of them. */
export async function showPlan(
  config: Config,
  tenants: Tenants,
  signal: AbortSignal,
  print: Print,
  json: boolean,
  env: Env,
): Promise<boolean> {
  const { all, standings, folder } = await look(config, tenants, signal, env)
  let refused = false
  const plans: { readonly tenants: readonly string[]; readonly text: string }[] = []
  for (const { tenants: some, history } of standings) {
    if (history instanceof Failure) {
      refused = true
      const text = json ? JSON.stringify({ kind: 'unreadable', error: history.message }) : `${history.message}\n`
      plans.push({ tenants: some, text })
      continue
    }
    const plan = await checked(makePlan(folder, history.rows, config.allow, history.first), [])
    const verdict =
      plan.kind === 'pending' && config.check !== 'off'
        ? await judgeOne(config, tenants, signal, some, (session, table) =>
            judgePending(session, plan.steps, config.checkTimeout, table),
          )
        : undefined
    const refuses = config.check === 'refuse' && verdict?.findings.some(({ severity }) => severity === 'error') === true
    refused ||= refuses || plan.kind === 'refused'
    const text = json ? planJson(plan, history.rows, verdict) : planText(plan, history.rows, verdict, refuses)
    plans.push({ tenants: some, text })
  }
  print((json ? plansJson : plansText)(all.length, plans))
  return refused
}

/** Judges on the tenant that holds most, in a session that finds its schema first. */
async function judgeOne(
  config: Config,
  { kind }: Tenants,
  signal: AbortSignal,
  some: Standing['tenants'],
  judge: (session: Session, table: ReturnType<typeof historyTable>) => Promise<Verdict>,
): Promise<Verdict> {
  const quiet = (): void => {}
  const name =
    kind === 'schema'
      ? await withSession(config, signal, quiet, (session) => largestSchema(session, some))
      : (some[0] as string)
  const one = ofTenant(config, { kind, name })
  return withSession(one, signal, quiet, (session) => judge(session, historyTable(one.history)))
}

/** Where all tenants stand, and the folder that they are compared with. */
async function look(
  config: Config,
  tenants: Tenants,
  signal: AbortSignal,
  env: Env,
): Promise<Standings & { readonly folder: readonly Migration[] }> {
  const contents = readContents(config, env)
  const connect = config.budget.connect
  const standings = await standingsOf({ config, tenants, signal, contents, emit: () => {}, connect })
  return { ...standings, folder: await (await contents).migrations() }
}
