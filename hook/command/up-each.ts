import { outlivesReset } from '../apply/apply.ts'
import type { Tenants } from '../config/tenants.ts'
import { letRead } from '../database/history-readers.ts'
import { historyTable } from '../database/lock.ts'
import { resetSession } from '../database/prepare.ts'
import type { Session } from '../database/session.ts'
import type { Finished } from '../event.ts'
import { readContents } from '../folder/read.ts'
import { awaitServices } from '../gate/wait-for-services.ts'
import type { One } from '../tenants/run-each.ts'
import { upAll } from '../tenants/up-all.ts'
import type { Context } from './context.ts'
import { applyUnderLock, bring, judge, shareBudget } from './up.ts'

/** Does for every tenant what `up` does for one schema. Throws MigrationFailed that names the tenants that failed. */
export async function upEach(context: Context, tenants: Tenants): Promise<Finished> {
  const { config, signal, emit, progress, env } = context
  const started = performance.now()
  const contents = readContents(config, env)
  const runOf = (one: One, deadline: number) => ({ ...one, config: withPatience(one), contents, deadline })
  const steps = {
    bring: async (session: Session, one: One, deadline: number) => {
      if (session.settings.length > 0) await session.queries(resetSession(session).join('; '))
      await bring(session, runOf(one, deadline))
    },
    apply: async (session: Session, one: One, deadline: number) => {
      const folder = await (await contents).migrations()
      const table = historyTable(one.config.history)
      await session.queries(resetSession(session).join('; '))
      await applyUnderLock(session, table, {
        ...runOf(one, deadline),
        folder,
        adopting: undefined,
        foreseen: undefined,
      })
      await letRead(session, table, config.history.readers, one.emit)
    },
    judge: (...[session, table, plan, emit]: Parameters<Parameters<typeof upAll>[0]['steps']['judge']>) =>
      judge(session, table, plan, config, emit),
    share: config.jobUid
      ? (...[session, table]: [Session, ReturnType<typeof historyTable>]) =>
          shareBudget(session, table, context, started)
      : undefined,
    traces: async () => {
      const all = await (await contents).migrations()
      return new Set(all.filter(({ text }) => outlivesReset(text)).map(({ name }) => name))
    },
  }
  const work = async (): Promise<Finished> => {
    const connect = await awaitServices(config, signal, emit)
    const deadline = started + config.budget.run
    return upAll({ config, tenants, signal, emit, progress, contents, deadline, steps, connect })
  }
  return Promise.race([work(), contents.then(({ unusable }) => unusable())])
}

/** Who is not patient leaves a tenant that another run is at for later, instead of waiting for its run lock. */
function withPatience({ config, patient }: One): One['config'] {
  return patient ? config : { ...config, budget: { ...config.budget, lockWait: 0 } }
}
