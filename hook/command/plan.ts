import { checkSteps } from '../apply/check.ts'
import type { Config } from '../config/config.ts'
import { readHistory } from '../database/history.ts'
import { withSession } from '../database/session.ts'
import { historyTable } from '../database/table.ts'
import { readMigrations } from '../migration/folder.ts'
import { makePlan, type Plan } from '../migration/plan.ts'
import { planJson, planText } from '../report/plan.ts'

/** Shows what `up` would do, without the lock and without a change. Returns the plan; a refused one lists why. */
export async function plan(
  config: Config,
  json: boolean,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<Plan> {
  const folder = readMigrations(config.migrations)
  const table = historyTable(config.history)
  const { rows } = await withSession(
    config,
    signal,
    () => {},
    (session) => readHistory(session, table),
  )
  const made = makePlan(folder, rows, config.allow)
  const refusals = made.kind === 'pending' ? await checkSteps(made.steps) : []
  const checked: Plan = refusals.length > 0 ? { kind: 'refused', refusals } : made
  print(json ? planJson(checked, rows) : planText(checked, rows))
  return checked
}
