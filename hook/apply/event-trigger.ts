import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'
import type { Migration } from '../migration/migration.ts'

/**
 * The failure of a migration, with the event trigger that raised it where one did: its function stands in the error's context, and the
 * file cannot show why. `where` is that context. Asks the catalogue, so what failed has to be rolled back.
 */
export async function nameEventTrigger(
  session: Session,
  { file }: Migration,
  failure: unknown,
  where: string,
): Promise<unknown> {
  const called = [...where.matchAll(/^PL\/\w+ function "?([^"\n]+)/gm)].map(([, call]) => bareName(call ?? ''))
  if (!(failure instanceof Failure) || called.length === 0) return failure
  const [trigger] = (await enabledTriggers(session)).filter(({ name }) => called.includes(bareName(name)))
  if (!trigger) return failure
  const { event, name, owner } = trigger
  return failure.with({
    details: [`It was raised by the event trigger ${event}, function ${name}, whose owner is ${owner}.`],
    ...(failure.remedy.kind === 'correctFile'
      ? {
          remedy: {
            kind: 'changeFiles',
            change: `change ${file} to what the event trigger ${event} accepts, or have ${owner} change ${name},`,
          },
        }
      : {}),
  })
}

type Trigger = { readonly event: string; readonly name: string; readonly owner: string }

/** None where the server does not answer any more: what failed is told without. */
async function enabledTriggers(session: Session): Promise<readonly Trigger[]> {
  try {
    const { rows } = await session.query(
      `select quote_ident(evtname) as event, evtfoid::regprocedure::text as name, pg_get_userbyid(evtowner) as owner
         from pg_event_trigger where evtenabled <> 'D' order by 1`,
    )
    return rows
  } catch {
    return []
  }
}

/** `watch` of `public.watch()`: whether the schema is shown depends on the search_path. */
function bareName(signature: string): string | undefined {
  return signature.replace(/\(.*/, '').split('.').at(-1)
}
