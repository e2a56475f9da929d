import { clusterOptions } from './cluster-options.ts'
import type { Option } from './option.ts'

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
