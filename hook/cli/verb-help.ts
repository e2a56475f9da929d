import type { OptionName } from '../config/options.ts'
import type { Reason } from '../failure.ts'
import type { VerbName } from './verbs.ts'

/** What the help of one verb says besides its usage and its switches. Loaded only when help is asked for. */
export type VerbHelp = {
  readonly about: string
  /** The options that change what it does; it accepts all others too. */
  readonly options: readonly OptionName[]
  /** The exit codes it can end with. */
  readonly exits: readonly Reason[]
  readonly example: string
}

const reporting = ['logFormat', 'terminationLog'] as const satisfies OptionName[]
const tenant = ['eachSchema', 'eachDatabase', 'tenant'] as const satisfies OptionName[]
const reading = [
  'databaseUrl',
  'connectTimeout',
  'schema',
  'historyTable',
  ...tenant,
  'migrations',
  'format',
  'timeout',
] as const satisfies OptionName[]
const identity = ['release', 'pod', 'sources', 'sourcesWait'] as const satisfies OptionName[]
const events = ['events', 'job', 'jobUid', 'namespace'] as const satisfies OptionName[]
const rollout = ['rollout', 'rolloutSelector', 'rolloutVersion', 'rolloutTimeout', 'soak'] as const
const ends = ['ConfigInvalid', 'DatabaseUnreachable', 'Interrupted', 'Bug'] as const satisfies Reason[]

export const verbHelp: Readonly<Record<VerbName, VerbHelp>> = {
  up: {
    about:
      'Applies all pending migrations in the order of their names, each with its row in the history. Exits 0 only when the schema is what the folder needs. A second run waits for the first. A run after an interrupted one continues. Contract migrations and backfills are left for lotse finish, except in the first run of a database and with --every-phase, which runs backfills batch by batch. With --each-schema or --each-database it does so for every tenant; one that fails stops no other, and the run then ends with 24.',
    options: [
      ...reading,
      'parallel',
      'first',
      'stopAfter',
      'readers',
      'waitFor',
      'lockWait',
      'lockTimeout',
      'statementTimeout',
      'allow',
      'adopt',
      'check',
      'checkTimeout',
      ...identity,
      ...events,
      ...reporting,
    ],
    exits: ['Applied', 'UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', 'WaitTimeout', ...ends],
    example: 'lotse up --lock-timeout 1s',
  },
  finish: {
    about:
      'Applies what up has left for after the rollout, in the order of names: contract migrations, which take away what older versions use, and backfills. Nothing runs before the Deployments of --rollout carry --rollout-version, are complete, and have no pod of an older version left, and before --soak is over; without --rollout, run it once that is so. Where the Deployments carry another version meanwhile, it stops between two batches and exits 0. It can be started at any time, as often as one likes, and continues what was interrupted. Refuses while a migration is pending that comes before the rollout. lotse help phases explains more.',
    options: [
      ...reading,
      'lockWait',
      'lockTimeout',
      'statementTimeout',
      'allow',
      'check',
      'checkTimeout',
      ...rollout,
      ...identity,
      ...events,
      ...reporting,
    ],
    exits: ['Applied', 'UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', 'WaitTimeout', ...ends],
    example: 'lotse finish --lock-timeout 1s',
  },
  backfill: {
    about:
      'Steers a backfill that has begun, from anywhere. pause: the lotse finish that runs it waits after its batch, until resume. cancel: it ends, and so does what waits behind the backfill; what is done is kept, and resume with another lotse finish goes on after it. Runs no migration.',
    options: [...reading, ...identity, ...reporting],
    exits: ['UpToDate', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse backfill pause 011_fill_name',
  },
  status: {
    about:
      'Shows every migration and its state. Takes no lock and changes nothing. The exit code tells the state, so that a script can use it.',
    options: [...reading, 'allow', ...identity, ...reporting],
    exits: ['UpToDate', 'Pending', 'Ahead', 'Unfinished', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse status --json',
  },
  plan: {
    about: 'Shows what up would do, or why it would refuse. Takes no lock and changes nothing.',
    options: [...reading, 'allow', 'check', 'checkTimeout', ...identity, ...reporting],
    exits: ['UpToDate', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse plan --migrations ./migrations',
  },
  check: {
    about:
      'Judges migrations before they run: which tables each statement locks, for how long at their size, what fails in pods of the old version, what fails on a row that is there already, and what to write instead. By default it judges the pending ones by the catalogue of the database; with --no-database, in CI, the files alone, each table as a large one. A file accepts a finding by a comment at its head: -- lotse: accept RULE: REASON. lotse help rules lists the rules. With --trace the pending migrations run on a scratch database, and the report tells what each statement did there: its time, its locks and how long they were held, tables rewritten, indexes built, rows read and changed, WAL; what the rules foretold otherwise is a finding. The scratch database keeps the changes and their rows in its history, so restore it before the next trace. A migration that fails there ends the trace as it would end lotse up.',
    options: [
      ...reading,
      'databaseCheck',
      'checkTimeout',
      'lockWait',
      'lockTimeout',
      'statementTimeout',
      'allow',
      'adopt',
      ...identity,
      ...reporting,
    ],
    exits: ['UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse check --no-database --since 041_orders --fail-on error --output github',
  },
  wait: {
    about:
      'Waits until every migration of the folder is applied; a newer schema is fine unless it is breaking. Needs only SELECT on the history table. With --job it also watches the migrator: when that fails, wait prints its log and fails at once.',
    options: [
      ...reading,
      'allow',
      'job',
      'namespace',
      'run',
      'absentAfter',
      'databaseCheck',
      'waitFor',
      ...identity,
      ...reporting,
    ],
    exits: ['UpToDate', 'PlanRefused', 'MigrationFailed', 'WaitTimeout', ...ends],
    example: 'lotse wait --timeout 5m --job shop-migrator',
  },
  down: {
    about:
      'Reverts the migrations applied after NAME, or all of them, newest first. It uses the SQL that the history keeps, so an older image can revert what it does not contain. Nothing else ever reverts a migration.',
    options: [...reading, 'lockWait', 'lockTimeout', 'statementTimeout', ...identity, ...events, ...reporting],
    exits: ['Reverted', 'LockTimeout', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse down --to 003_add_price',
  },
  adopt: {
    about:
      'Records as applied what another tool has applied, with its name and, where it keeps them, the time and the role. Checks the files against the checksums of the tool. Refuses rows that failed, applied migrations without a file (unless --allow missing) and edited files (unless --allow edited). The table of the tool stays as it is, so what lotse down reverts is still applied by that table. A second run finds nothing to do.',
    options: [...reading, 'lockWait', 'allow', 'adopt', ...identity, ...reporting],
    exits: ['UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse adopt --from goose --dry-run',
  },
  baseline: {
    about:
      'Records the migrations up to NAME as applied without running them: for a database that is older than its use of Lotse. Only for an empty history.',
    options: [...reading, 'lockWait', ...identity, ...reporting],
    exits: ['UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse baseline --to 003_add_price',
  },
  repair: {
    about:
      'Fixes the history of one migration by hand. accept: keep it applied and accept its edited file. applied: mark it as applied. pending: mark it as pending. Runs no migration.',
    options: [...reading, 'lockWait', ...identity, ...reporting],
    exits: ['UpToDate', 'LockTimeout', 'PlanRefused', 'MigrationFailed', ...ends],
    example: 'lotse repair accept 003_add_price',
  },
  new: {
    about:
      'Creates the next migration file in the folder, in the format of the folder, and prints its path. Continues the numbers of the folder (001, 002 …); otherwise the name starts with the time in UTC. Needs no database.',
    options: ['migrations', 'format', ...reporting],
    exits: ['UpToDate', 'ConfigInvalid', 'Bug'],
    example: 'lotse new "add price" --down',
  },
  seal: {
    about:
      'Makes one file, lotse.seal, of the files of the folder, and removes them. A run with nothing to apply then reads its first lines instead of every file. Meant for the Dockerfile of a migrator image, after the last COPY: RUN ["node", "/lotse/lotse.js", "seal"]. Nothing that was put beside the seal, edited or removed since is passed over: the folder is refused. Scripts stay as files, since they run from there, with all but the SQL beside them, and are compared with the seal each time. The seal is text, which any pager shows; --undo brings the files back. Needs no database.',
    options: ['migrations', 'format', ...reporting],
    exits: ['UpToDate', 'ConfigInvalid', 'Bug'],
    example: 'lotse seal --migrations /migrations',
  },
  guard: {
    about:
      'Holds the run lock for another migration tool: while COMMAND runs, or until a signal. Exits with the exit code of COMMAND. In Kubernetes it runs as a native sidecar (--state, --port), followed by an init container that reads the verdict (--verdict). When the time of the run is over, the sidecar says so, and Kubernetes ends the migrator. With --try it only shows that it could hold it: that everything answers and the lock can be had.',
    options: [
      'databaseUrl',
      'connectTimeout',
      'schema',
      'historyTable',
      ...tenant,
      'timeout',
      'waitFor',
      'lockWait',
      ...identity,
      ...events,
      ...reporting,
    ],
    exits: ['UpToDate', 'LockTimeout', 'MigrationFailed', 'WaitTimeout', ...ends],
    example: 'lotse guard -- alembic upgrade head',
  },
}
