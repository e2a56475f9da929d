/** One setting: its environment variable, its flag, and what `lotse --help` says of it. */
export type Option = {
  readonly env: string
  readonly flag: string
  /** What is written after the flag; empty for a flag that stands alone and then means `alone`. */
  readonly value: string
  readonly alone?: 'true' | 'false'
  readonly fallback: string
  readonly help: string
}

/** What a run may know of the Kubernetes around it. The chart sets these. */
export const clusterOptions = {
  release: {
    env: 'LOTSE_RELEASE',
    flag: 'release',
    value: 'NAME',
    fallback: '',
    help: 'who runs this, as namespace/release, shown in pg_stat_activity and in the history',
  },
  pod: {
    env: 'LOTSE_POD',
    flag: 'pod',
    value: 'NAME',
    fallback: '',
    help: 'the pod this runs in',
  },
  terminationLog: {
    env: 'LOTSE_TERMINATION_LOG',
    flag: 'termination-log',
    value: 'FILE',
    fallback: '',
    help: 'a file that gets the outcome in at most 2,000 characters (the image sets /dev/termination-log)',
  },
  namespace: {
    env: 'LOTSE_NAMESPACE',
    flag: 'namespace',
    value: 'NAME',
    fallback: '',
    help: 'the namespace of --job; without it that of the pod, or of the kubeconfig',
  },
  job: {
    env: 'LOTSE_JOB',
    flag: 'job',
    value: 'NAME',
    fallback: '',
    help: "the migrator's Job: lotse wait looks at it too (get jobs, list pods, get pods/log), --events are posted on it",
  },
  jobUid: {
    env: 'LOTSE_JOB_UID',
    flag: 'job-uid',
    value: 'UID',
    fallback: '',
    help: 'the uid of that Job, without which kubectl describe job does not show the --events',
  },
  events: {
    env: 'LOTSE_EVENTS',
    flag: 'events',
    value: '',
    alone: 'true',
    fallback: 'false',
    help: 'also post what is planned and how it ended as Kubernetes Events on the Job (create events)',
  },
  run: {
    env: 'LOTSE_RUN',
    flag: 'run',
    value: 'HASH',
    fallback: '',
    help: "lotse wait: only a Job annotated lotse/run: HASH is meant; another version's counts as absent",
  },
  absentAfter: {
    env: 'LOTSE_ABSENT_AFTER',
    flag: 'absent-after',
    value: 'DURATION',
    fallback: '30s',
    help: 'lotse wait: how long the Job may be missing until it is taken for done and cleaned up',
  },
  databaseCheck: {
    env: 'LOTSE_DATABASE_CHECK',
    flag: 'no-database',
    value: '',
    alone: 'false',
    fallback: 'true',
    help: 'lotse wait: the Job alone decides, as for a foreign migrator, whose migrations Lotse does not know',
  },
} as const satisfies Record<string, Option>

/**
 * Every setting of Lotse's own. A flag wins over the environment, the environment over the default.
 * `--help`, the parser and the documentation test all read this list.
 */
export const options = {
  databaseUrl: {
    env: 'DATABASE_URL',
    flag: 'database-url',
    value: 'URL',
    fallback: '',
    help: 'the database; without it PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE and PGSSLROOTCERT are read',
  },
  migrations: {
    env: 'LOTSE_MIGRATIONS',
    flag: 'migrations',
    value: 'FOLDER',
    fallback: './migrations',
    help: 'the folder with the migrations',
  },
  schema: {
    env: 'LOTSE_SCHEMA',
    flag: 'schema',
    value: 'NAME',
    fallback: 'public',
    help: 'the schema that holds the history table',
  },
  historyTable: {
    env: 'LOTSE_HISTORY_TABLE',
    flag: 'history-table',
    value: 'NAME',
    fallback: 'lotse_history',
    help: 'the table that records what was applied',
  },
  readers: {
    env: 'LOTSE_HISTORY_READERS',
    flag: 'history-readers',
    value: 'LIST',
    fallback: '',
    help: 'roles, by comma, that up lets read the history: those that lotse wait logs in as elsewhere',
  },
  timeout: {
    env: 'LOTSE_TIMEOUT',
    flag: 'timeout',
    value: 'DURATION',
    fallback: '10m',
    help: 'the whole run; at its end the running statement is cancelled and rolled back',
  },
  connectTimeout: {
    env: 'LOTSE_CONNECT_TIMEOUT',
    flag: 'connect-timeout',
    value: 'DURATION',
    fallback: '60s',
    help: 'how long to wait for a database that is not up yet',
  },
  waitFor: {
    env: 'LOTSE_WAIT_FOR',
    flag: 'wait-for',
    value: 'LIST',
    fallback: '',
    help: 'other services that up and guard wait for before the database, by comma, as HOST:PORT: redis:6379; bounded by connect-timeout',
  },
  lockWait: {
    env: 'LOTSE_LOCK_WAIT',
    flag: 'lock-wait',
    value: 'DURATION',
    fallback: '5m',
    help: 'how long to wait for another migrator to finish',
  },
  lockTimeout: {
    env: 'LOTSE_LOCK_TIMEOUT',
    flag: 'lock-timeout',
    value: 'DURATION',
    fallback: '2s',
    help: 'how long a migration may wait for a table lock, with the application queued behind it; then it is rolled back and tried again',
  },
  statementTimeout: {
    env: 'LOTSE_STATEMENT_TIMEOUT',
    flag: 'statement-timeout',
    value: 'DURATION',
    fallback: '0s',
    help: 'the longest one statement may take; 0s leaves it to the budget of the run',
  },
  allow: {
    env: 'LOTSE_ALLOW',
    flag: 'allow',
    value: 'LIST',
    fallback: '',
    help: 'contradictions between folder and history to live with, by comma: edited, missing, out-of-order, ahead-breaking',
  },
  logFormat: {
    env: 'LOTSE_LOG_FORMAT',
    flag: 'log-format',
    value: 'text|json',
    fallback: 'text',
    help: 'sentences for people, or one JSON object a line for a log pipeline',
  },
  ...clusterOptions,
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof options
