import { otherHistories } from '../adopt/other-histories.ts'
import { checked } from '../apply/refused-statements.ts'
import { readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { withSession } from '../database/session.ts'
import { readMigrations } from '../folder/read.ts'
import { makePlan, type Plan } from '../migration/plan.ts'
import { planJson, planText } from '../report/plan.ts'
import type { Context } from './context.ts'

/** Shows what `up` would do; takes no lock and changes nothing. Returns the plan; a refused one lists why. */
export async function plan({ config, signal, print, env }: Context, json: boolean): Promise<Plan> {
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  const { rows, others } = await withSession(
    config,
    signal,
    () => {},
    async (session) => {
      const { rows } = await readHistory(session, table)
      return { rows, others: await otherHistories(session, config, folder, rows) }
    },
  )
  const made = await checked(makePlan(folder, rows, config.allow), others)
  print(json ? planJson(made, rows) : planText(made, rows))
  return made
}
