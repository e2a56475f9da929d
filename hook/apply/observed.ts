import { MessageError } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Migration } from '../migration/migration.ts'
import { piecesOf } from '../sql/split.ts'
import { settingsTakenBy } from './taken-settings.ts'
import type { Observer, Run } from './work.ts'

/** A migration sent statement by statement, for who looks at what each of them does. What it comes to is the same. */

/** Opens the transaction and sends SQL in it. `start` is where the SQL begins in the file. Rejects as sendInTransaction() does. */
export async function sendObserved(
  run: Run,
  observer: Observer,
  migration: Migration,
  begin: readonly string[],
  text: string,
  start = 0,
): Promise<void> {
  observer.begun(migration)
  await run.session.send({ before: begin })
  for (const [index, { offset, sql, outline }] of piecesOf(text).entries()) {
    try {
      await observer.watch(run.session, { migration, offset: start + offset, sql, alone: false }, () =>
        run.session.send({ text: sql }, (notice) =>
          run.emit({ event: 'migration.notice', name: migration.name, ...notice }),
        ),
      )
    } catch (error) {
      throw error instanceof MessageError ? placed(error, index, offset) : error
    }
    const again = settingsTakenBy(run, migration, outline, 'set local')
    if (again.length > 0) await run.session.send({ before: again })
  }
}

/** The same error, by its place in the whole text: where the server gives none, at the start of its statement. */
function placed({ part, offset, cause }: MessageError, before: number, start: number): MessageError {
  return new MessageError(
    { part, completed: before, offset: offset === undefined ? undefined : start + offset },
    1,
    cause,
  )
}

/** A session's `query` whose queries are looked at, one after the other: for a script. */
export function observedQuery(
  session: Session,
  observer: Observer,
  migration: Migration,
  ask: Session['query'],
): Session['query'] {
  let last: Promise<unknown> = Promise.resolve()
  return (sql, values) => {
    const answer = last
      .catch(() => {})
      .then(async () => {
        const asked: Awaited<ReturnType<Session['query']>>[] = []
        const alone = !migration.directives.transaction
        await observer.watch(session, { migration, offset: undefined, sql, alone }, async () => {
          asked.push(await ask(sql, values))
        })
        return asked[0] as Awaited<ReturnType<Session['query']>>
      })
    last = answer
    return answer
  }
}
