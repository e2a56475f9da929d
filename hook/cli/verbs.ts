/** One verb of the command line: what it takes besides the options that all verbs share, and what `--help` says of it. */
export type Command = {
  readonly usage: string
  readonly help: string
  /** How many words follow the verb. */
  readonly words: number
  readonly switches: readonly SwitchName[]
}

export const switches = {
  to: { value: 'NAME', help: 'the migration that shall be the newest one applied' },
  all: { value: '', help: 'revert the first migration, too' },
  json: { value: '', help: 'one JSON object instead of text' },
  down: { value: '', help: 'also make the file that reverts it' },
  ts: { value: '', help: 'a TypeScript migration instead of SQL' },
  'ready-file': { value: 'FILE', help: 'made when the lock is held, removed when it is not' },
  state: {
    value: 'FOLDER',
    help: 'a folder shared with the container that is guarded; gets the verdict: held, or why not',
  },
  port: {
    value: 'PORT',
    help: 'HTTP for probes: GET /decided answers 200 once the verdict is there, GET /held only while the lock is held',
  },
  verdict: {
    value: 'FOLDER',
    help: 'exit 0 if the guard beside holds the lock, else with its failure and its exit code',
  },
} as const
export type SwitchName = keyof typeof switches

export const commands = {
  up: {
    usage: 'up',
    help: 'apply every pending migration, or say why not; exits 0 only when the schema is what the folder needs',
    words: 0,
    switches: [],
  },
  status: {
    usage: 'status [--json]',
    help: 'show every migration and its state; exits 0 up to date, 10 pending, 11 newer than the folder, 12 unfinished, 23 refused',
    words: 0,
    switches: ['json'],
  },
  plan: {
    usage: 'plan [--json]',
    help: 'show what up would do, without taking the lock or changing anything',
    words: 0,
    switches: ['json'],
  },
  wait: {
    usage: 'wait [--job NAME [--no-database]]',
    help: 'wait until every migration of the folder is applied; only needs SELECT on the history. With a Job it ends at once when that fails, and prints its log',
    words: 0,
    switches: [],
  },
  down: {
    usage: 'down --to NAME | --all',
    help: 'revert what was applied after NAME, or everything, by the SQL that the history keeps; never done by anything else',
    words: 0,
    switches: ['to', 'all'],
  },
  baseline: {
    usage: 'baseline --to NAME',
    help: 'record every migration up to NAME as applied without running it, for a database that is older than Lotse',
    words: 0,
    switches: ['to'],
  },
  repair: {
    usage: 'repair accept|applied|pending NAME',
    help: 'settle by hand: accept the edited file, take NAME for applied, or take it for not applied; runs no migration',
    words: 2,
    switches: [],
  },
  new: {
    usage: 'new NAME [--down] [--ts]',
    help: 'make the next migration file in the folder and print its path',
    words: 1,
    switches: ['down', 'ts'],
  },
  guard: {
    usage: 'guard [--ready-file FILE] [-- COMMAND …], guard --state FOLDER --port PORT, guard --verdict FOLDER',
    help: 'hold the run lock for another migration tool: while COMMAND runs, or until a signal; in Kubernetes as a native sidecar, with an init container behind it that reads the verdict',
    words: 0,
    switches: ['ready-file', 'state', 'port', 'verdict'],
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name)
}
