import { otherHistories } from '../adopt/other-histories.ts'
import { checked } from '../apply/refused-statements.ts'
import { judgePending } from '../check/judge-pending.ts'
import { readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { withSession } from '../database/session.ts'
import { readMigrations } from '../folder/read.ts'
import type { Verdict } from '../migration/finding.ts'
import { makePlan } from '../migration/plan.ts'
import { planJson, planText } from '../report/plan.ts'
import type { Context } from './context.ts'

/** Shows what `up` would do and what the check finds in it; takes no lock and changes nothing. Returns whether `up` would refuse. */
export async function plan({ config, signal, print, env }: Context, json: boolean): Promise<boolean> {
  if (config.tenants)
    return (await import('../tenants/show.ts')).showPlan(config, config.tenants, signal, print, json, env)
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  const { rows, made, verdict } = await withSession(
    config,
    signal,
    () => {},
    async (session) => {
      const { rows, first } = await readHistory(session, table)
      const made = await checked(
        makePlan(folder, rows, config.allow, first),
        await otherHistories(session, config, folder, rows),
      )
      const judged = made.kind === 'pending' && config.check !== 'off'
      const verdict: Verdict | undefined = judged
        ? await judgePending(session, made.steps, config.checkTimeout, table)
        : undefined
      return { rows, made, verdict }
    },
  )
  const refuses = config.check === 'refuse' && verdict?.findings.some(({ severity }) => severity === 'error') === true
  print(json ? planJson(made, rows, verdict) : planText(made, rows, verdict, refuses))
  return made.kind === 'refused' || refuses
}
