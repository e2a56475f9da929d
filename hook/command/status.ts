import { otherHistories } from '../adopt/other-histories.ts'
import { checked } from '../apply/refused-statements.ts'
import { readBackfills } from '../database/backfills.ts'
import { type Detail, readDetails, readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { readProven } from '../database/rollout.ts'
import { withSession } from '../database/session.ts'
import { readMigrations } from '../folder/read.ts'
import { isDeferred, makePlan } from '../migration/plan.ts'
import { linesOf, type Overall, overallOf } from '../migration/status.ts'
import { statusJson, statusText } from '../report/status.ts'
import type { Context } from './context.ts'

/** Shows the state of every migration; takes no lock and changes nothing. Returns the overall state. */
export async function status({ config, signal, print, env }: Context, json: boolean): Promise<Overall> {
  if (config.tenants)
    return (await import('../tenants/show.ts')).showStatus(config, config.tenants, signal, print, json, env)
  const folder = await readMigrations(config, env)
  const table = historyTable(config.history)
  const { rows, first, details, backfills, proven, others } = await withSession(
    config,
    signal,
    () => {},
    async (session) => {
      const history = await readHistory(session, table)
      const details: Detail[] = history.absent ? [] : await readDetails(session, table)
      const backfills = folder.some(({ directives }) => directives.backfill) ? await readBackfills(session, table) : []
      const proven = folder.some(isDeferred) ? await readProven(session, table) : undefined
      return {
        ...history,
        details,
        backfills,
        proven,
        others: await otherHistories(session, config, folder, history.rows),
      }
    },
  )
  const plan = await checked(makePlan(folder, rows, config.allow, first), others)
  const lines = linesOf(folder, rows, plan)
  const overall = overallOf(lines, plan)
  const status = { lines, details, overall, plan, backfills, proven }
  print(json ? statusJson(status) : statusText(status))
  return overall
}
