import { clusterOptions } from './cluster-options.ts'
import type { Option } from './option.ts'
import { tenantOptions } from './tenant-options.ts'

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
  ...tenantOptions,
  ...clusterOptions,
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof options
