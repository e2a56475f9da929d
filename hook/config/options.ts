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
const clusterOptions = {
  release: {
    env: 'LOTSE_RELEASE',
    flag: 'release',
    value: 'NAME',
    fallback: '',
    help: 'who runs this, as namespace/release; shown in pg_stat_activity and in the history',
  },
  pod: { env: 'LOTSE_POD', flag: 'pod', value: 'NAME', fallback: '', help: 'the pod this runs in' },
  terminationLog: {
    env: 'LOTSE_TERMINATION_LOG',
    flag: 'termination-log',
    value: 'FILE',
    fallback: '',
    help: 'a file that gets the outcome, in at most 2,000 characters (the image sets /dev/termination-log)',
  },
  namespace: {
    env: 'LOTSE_NAMESPACE',
    flag: 'namespace',
    value: 'NAME',
    fallback: '',
    help: 'the namespace of --job; by default that of the pod or of the kubeconfig',
  },
  job: {
    env: 'LOTSE_JOB',
    flag: 'job',
    value: 'NAME',
    fallback: '',
    help: "the migrator's Job: wait watches it (needs get jobs, list pods, get pods/log), and --events are posted on it",
  },
  jobUid: {
    env: 'LOTSE_JOB_UID',
    flag: 'job-uid',
    value: 'UID',
    fallback: '',
    help: 'the uid of that Job: its attempts share one --timeout, and kubectl describe job shows the --events only with it',
  },
  events: {
    env: 'LOTSE_EVENTS',
    flag: 'events',
    value: '',
    alone: 'true',
    fallback: 'false',
    help: 'also post the plan and the outcome as Kubernetes Events on the Job (needs create events)',
  },
  run: {
    env: 'LOTSE_RUN',
    flag: 'run',
    value: 'HASH',
    fallback: '',
    help: 'accept only a Job annotated lotse/run: HASH; the Job of another version counts as absent',
  },
  absentAfter: {
    env: 'LOTSE_ABSENT_AFTER',
    flag: 'absent-after',
    value: 'DURATION',
    fallback: '30s',
    help: 'how long the Job may be missing before it is assumed completed and cleaned up',
  },
  databaseCheck: {
    env: 'LOTSE_DATABASE_CHECK',
    flag: 'no-database',
    value: '',
    alone: 'false',
    fallback: 'true',
    help: 'do without the database: wait lets the Job alone decide, for a foreign migrator, whose migrations Lotse does not know; check judges the files alone and takes every table for a large one',
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
    help: 'the database; without it, PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE and PGSSLROOTCERT are read',
  },
  migrations: {
    env: 'LOTSE_MIGRATIONS',
    flag: 'migrations',
    value: 'FOLDER',
    fallback: './migrations',
    help: 'the folder that holds the migrations',
  },
  format: {
    env: 'LOTSE_FORMAT',
    flag: 'format',
    value: 'NAME',
    fallback: 'auto',
    help: 'the tool whose layout the folder has: auto (told from the folder), lotse, golang-migrate, sqlx, diesel, prisma, drizzle, goose, dbmate, node-pg-migrate, flyway, postgrator, umzug, knex or kysely',
  },
  schema: { env: 'LOTSE_SCHEMA', flag: 'schema', value: 'NAME', fallback: 'public', help: 'the schema of the history' },
  historyTable: {
    env: 'LOTSE_HISTORY_TABLE',
    flag: 'history-table',
    value: 'NAME',
    fallback: 'lotse_history',
    help: 'the table that records applied migrations',
  },
  readers: {
    env: 'LOTSE_HISTORY_READERS',
    flag: 'history-readers',
    value: 'LIST',
    fallback: '',
    help: 'comma-separated roles that `up` grants SELECT on the history table, and a policy where row level security is on, for gates that log in as a different role',
  },
  timeout: {
    env: 'LOTSE_TIMEOUT',
    flag: 'timeout',
    value: 'DURATION',
    fallback: '10m',
    help: 'maximum duration of the run; then the running statement is cancelled and rolled back',
  },
  connectTimeout: {
    env: 'LOTSE_CONNECT_TIMEOUT',
    flag: 'connect-timeout',
    value: 'DURATION',
    fallback: '60s',
    help: 'maximum wait for a database that is not up yet',
  },
  waitFor: {
    env: 'LOTSE_WAIT_FOR',
    flag: 'wait-for',
    value: 'LIST',
    fallback: '',
    help: 'comma-separated services (HOST:PORT, for example redis:6379) that up and guard wait for before the database, and wait before the schema, within --connect-timeout',
  },
  lockWait: {
    env: 'LOTSE_LOCK_WAIT',
    flag: 'lock-wait',
    value: 'DURATION',
    fallback: '5m',
    help: 'maximum wait for another migrator to finish',
  },
  lockTimeout: {
    env: 'LOTSE_LOCK_TIMEOUT',
    flag: 'lock-timeout',
    value: 'DURATION',
    fallback: '2s',
    help: 'maximum wait for a table lock before a migration is rolled back and retried (queries of the application queue behind that wait)',
  },
  statementTimeout: {
    env: 'LOTSE_STATEMENT_TIMEOUT',
    flag: 'statement-timeout',
    value: 'DURATION',
    fallback: '0s',
    help: 'maximum duration of a statement; 0s: no limit but --timeout',
  },
  allow: {
    env: 'LOTSE_ALLOW',
    flag: 'allow',
    value: 'LIST',
    fallback: '',
    help: 'comma-separated differences between the folder and the history to accept: edited, missing, out-of-order, ahead-breaking; other-history: apply every file to a database that another tool has migrated',
  },
  adopt: {
    env: 'LOTSE_ADOPT',
    flag: 'adopt',
    value: 'TOOL',
    fallback: '',
    help: 'where there is no history yet, take over that of another tool first, as lotse adopt does: its name, or auto; TOOL:SCHEMA.TABLE for a table of another name',
  },
  check: {
    env: 'LOTSE_CHECK',
    flag: 'check',
    value: 'warn|refuse|off',
    fallback: 'warn',
    help: 'what up does when a pending migration would block or break the running version: warn says so before anything runs, refuse does not run it',
  },
  checkTimeout: {
    env: 'LOTSE_CHECK_TIMEOUT',
    flag: 'check-timeout',
    value: 'DURATION',
    fallback: '5s',
    help: 'maximum duration of each query by which the check looks for rows that a pending migration will fail on; all of them may take six times that; 0s: look at no rows',
  },
  logFormat: {
    env: 'LOTSE_LOG_FORMAT',
    flag: 'log-format',
    value: 'text|json',
    fallback: 'text',
    help: 'text for people, or one JSON object per line for a log pipeline',
  },
  sources: {
    env: 'LOTSE_SOURCES',
    flag: 'sources',
    value: 'JSON',
    fallback: '',
    help: 'the Secrets and ConfigMaps that variables and files come from, so that a missing one is named (the chart sets it)',
  },
  sourcesWait: {
    env: 'LOTSE_SOURCES_WAIT',
    flag: 'sources-wait',
    value: 'DURATION',
    fallback: '0s',
    help: 'maximum wait for one of those sources that does not exist yet',
  },
  ...clusterOptions,
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof options
