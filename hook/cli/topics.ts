/** Help that belongs to no single command. A text of one word is made from a list of the code's own. */
export const topics = {
  connection: {
    summary: 'every parameter of the URL and every PG* variable, and what it does',
    text: 'connection',
  },
  options: { summary: 'every option of every command', text: 'options' },
  migrations: {
    summary: 'what a migration file looks like, and the directives in it',
    text: `Migrations are files of the folder, applied in the order of their names. Numbers at the start of
a name count as numbers.
  NAME.sql, NAME.up.sql    SQL; NAME.down.sql beside it reverts it
  NAME.ts, NAME.js         exports up({name, path, context}), as in Umzug;
                           context.query(sql, values) runs in the session that holds the run lock

Each migration runs in one transaction together with its row in the history. Comments at the head of
a file change how it runs:
  -- lotse: no-transaction         statement by statement, with the progress recorded after each;
                                   for CREATE INDEX CONCURRENTLY and the like
  -- lotse: breaking               older versions of the application cannot run on this schema and
                                   refuse to start
  -- lotse: requires NAME          NAME must be applied first
  -- lotse: lock-timeout 5s        instead of --lock-timeout
  -- lotse: statement-timeout 1h   instead of --statement-timeout
`,
  },
  exits: { summary: 'every exit code', text: 'exits' },
} as const

export type TopicName = keyof typeof topics

export function isTopic(name: string): name is TopicName {
  return Object.hasOwn(topics, name)
}
