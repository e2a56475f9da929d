import type { Config } from '../config/config.ts'
import { readHistory } from '../database/history.ts'
import { withSession } from '../database/session.ts'
import { historyTable } from '../database/table.ts'
import { readMigrations } from '../migration/folder.ts'
import { makePlan, type Plan } from '../migration/plan.ts'
import { planJson, planText } from '../report/plan.ts'
import { checked } from './accept.ts'

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
  const made = await checked(makePlan(folder, rows, config.allow))
  print(json ? planJson(made, rows) : planText(made, rows))
  return made
}
