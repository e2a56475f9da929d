/** What one verb is: how it is written, and how the process around it behaves. What its help says is in verb-help.ts. */
export type Verb = {
  readonly usage: string
  /** One line of the list of commands. */
  readonly summary: string
  /** How many words follow the verb. */
  readonly words: number
  readonly switches: readonly SwitchName[]
  /** Whether a command of its own may follow `--`. */
  readonly takesCommand: boolean
  readonly needsDatabase: boolean
  /** Whether it reads or writes the history, and does not only hold the run lock. */
  readonly needsHistory: boolean
  /** Whether it needs a server that takes writes; the others read from a standby, too. */
  readonly writes: boolean
  /** Whether it goes through all tenants; the others know one of them, by --tenant. */
  readonly knowsTenants: boolean
  /** Whether Kubernetes Events tell how it goes. Only for verbs that a Job runs: a gate has nothing to add, the others only look. */
  readonly postsEvents: boolean
  /** Whether the log begins with who runs it; verbs that print an answer stay silent. */
  readonly announced: boolean
  /**
   * What the run budget does. `run`: ends the verb. `wait`: the verb ends by itself and says what it waited for; the budget only
   * ends it when an answer never comes. `none`: it runs for as long as it is asked to.
   */
  readonly deadline: 'run' | 'wait' | 'none'
  /** Milliseconds to close the connection after SIGTERM; below the 30 s after which Kubernetes kills, without a message. */
  readonly grace: number
}

export const switches = {
  to: {
    value: 'NAME',
    help: 'the newest migration to keep (down), or the newest one the database already has (baseline)',
  },
  all: { value: '', help: 'every migration, including the first: revert them (down), or judge them (check)' },
  since: { value: 'NAME', help: 'judge the migrations after this one' },
  output: {
    value: 'text|json|github|sarif',
    help: 'for people, for programs, as annotations of GitHub, or for code scanning',
  },
  level: { value: 'error|warning|note', help: 'the least severity that is shown as text (default warning)' },
  'fail-on': {
    value: 'error|warning|note',
    help: 'exit with 23 when there is a finding of this severity or a worse one; without it, findings are only shown',
  },
  trace: {
    value: 'URL',
    help: 'apply what is pending to this scratch database, a restored copy, and report what each statement did there; without a URL to that of LOTSE_TRACE_URL, which keeps the password off the command line',
  },
  'trace-target': { value: '', help: 'let --trace migrate the database itself' },
  json: { value: '', help: 'print one JSON object instead of text' },
  down: { value: '', help: 'also create the file that reverts it' },
  from: {
    value: 'TOOL',
    help: 'whose history: its name, or auto, the one that the database has (default: LOTSE_ADOPT, or auto); TOOL:SCHEMA.TABLE for a table of another name',
  },
  undo: { value: '', help: 'bring the files of a sealed folder back' },
  'rollout-only': {
    value: '',
    help: 'only wait for the rollout, and then for the whole of --soak; needs no database and applies nothing',
  },
  'every-phase': {
    value: '',
    help: 'also apply what else waits for a rollout, all in the order of names: for a folder of data migrations with a history of its own',
  },
  'dry-run': { value: '', help: 'only show what would be recorded' },
  ts: { value: '', help: 'create a TypeScript migration instead of SQL' },
  'ready-file': { value: 'FILE', help: 'a file that exists while the lock is held' },
  state: { value: 'FOLDER', help: 'a folder shared with the guarded container; gets the verdict: held, or why not' },
  port: {
    value: 'PORT',
    help: 'HTTP port for probes: GET /decided answers 200 once the verdict exists, GET /held only while the lock is held',
  },
  try: { value: '', help: 'take the lock, give it back at once and exit 0, or say why that is not possible' },
  verdict: {
    value: 'FOLDER',
    help: "exit 0 if the guard in the sidecar holds the lock, else with the guard's failure and exit code",
  },
} as const
export type SwitchName = keyof typeof switches

/** What most verbs have in common. */
const plain = {
  words: 0,
  switches: [],
  takesCommand: false,
  needsDatabase: true,
  needsHistory: true,
  writes: true,
  knowsTenants: false,
  deadline: 'run',
  grace: 4_000,
} as const
const silent = { ...plain, postsEvents: false, announced: false } as const

export const verbs = {
  up: {
    ...plain,
    usage: 'up [--every-phase]',
    summary: 'apply all pending migrations',
    switches: ['every-phase'],
    knowsTenants: true,
    postsEvents: true,
    announced: true,
  },
  finish: {
    ...plain,
    usage: 'finish [--rollout-only]',
    summary: 'apply what waits for the rollout: contract migrations and backfills',
    switches: ['rollout-only'],
    postsEvents: true,
    announced: true,
    // A backfill takes the time that it takes.
    deadline: 'none',
  },
  backfill: {
    ...silent,
    usage: 'backfill pause|resume|cancel NAME',
    summary: 'let a backfill that has begun pause, go on, or end',
    words: 2,
  },
  status: {
    ...silent,
    usage: 'status [--json]',
    summary: 'show every migration and its state; the exit code tells the state',
    switches: ['json'],
    writes: false,
    knowsTenants: true,
  },
  plan: {
    ...silent,
    writes: false,
    knowsTenants: true,
    usage: 'plan [--json]',
    summary: 'show what up would do; changes nothing',
    switches: ['json'],
  },
  check: {
    ...silent,
    writes: false,
    usage:
      'check [--no-database] [--since NAME | --all | --trace [URL]] [--fail-on SEVERITY] [--output FORMAT | --json]',
    summary: 'say what pending migrations would block or break; runs none here',
    switches: ['since', 'all', 'trace', 'trace-target', 'fail-on', 'level', 'output', 'json'],
  },
  wait: {
    ...plain,
    usage: 'wait [--no-database] [--job NAME] [--wait-for LIST]',
    summary: 'wait until every migration of the folder is applied',
    writes: false,
    knowsTenants: true,
    postsEvents: false,
    announced: true,
    deadline: 'wait',
  },
  down: {
    ...plain,
    usage: 'down --to NAME | --all',
    summary: 'revert the migrations applied after NAME, or all of them',
    switches: ['to', 'all'],
    postsEvents: true,
    announced: true,
  },
  adopt: {
    ...silent,
    usage: 'adopt [--from TOOL] [--dry-run]',
    summary: 'take over the history of another tool; runs none',
    switches: ['from', 'dry-run'],
  },
  baseline: {
    ...silent,
    usage: 'baseline --to NAME',
    summary: 'record the migrations up to NAME as applied; runs none',
    switches: ['to'],
  },
  repair: {
    ...silent,
    usage: 'repair accept|applied|pending NAME',
    summary: 'fix the history of one migration by hand; runs none',
    words: 2,
  },
  new: {
    ...silent,
    usage: 'new NAME [--down] [--ts]',
    summary: 'create the next migration file and print its path',
    words: 1,
    switches: ['down', 'ts'],
    needsDatabase: false,
    needsHistory: false,
  },
  seal: {
    ...silent,
    usage: 'seal [--undo]',
    summary: 'make one file of the folder, for an image that starts faster',
    switches: ['undo'],
    needsDatabase: false,
    needsHistory: false,
  },
  guard: {
    ...plain,
    usage: 'guard [--ready-file FILE] [-- COMMAND …] | --state FOLDER --port PORT | --verdict FOLDER | --try',
    summary: 'hold the run lock for another migration tool',
    switches: ['ready-file', 'state', 'port', 'verdict', 'try'],
    takesCommand: true,
    needsHistory: false,
    postsEvents: true,
    announced: false,
    deadline: 'none',
    // It waits for its command to end, with the lock.
    grace: 28_000,
  },
} as const satisfies Record<string, Verb>

export type VerbName = keyof typeof verbs

export function isVerb(name: string): name is VerbName {
  return Object.hasOwn(verbs, name)
}
