// Tools that cannot run here: their files are run and their rows written as their sources say. Prisma's engine comes from
// no registry, and sqlx and diesel take minutes to build.
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Tool } from './tools.ts'

type Recorded = {
  readonly table: string
  /** The files to run, by the key of their rows, in their order. */
  readonly files: (folder: string) => readonly (readonly [key: string, file: string])[]
  readonly key: string
  readonly row: (key: string, file: string, bytes: Buffer) => readonly [sql: string, values: readonly unknown[]]
}

const hash = (algorithm: string, bytes: Buffer): Buffer => createHash(algorithm).update(bytes).digest()
const folders = (folder: string, file: string): [string, string][] =>
  readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, file)))
    .sort()
    .map((name) => [name, join(folder, name, file)])

const byHand = (name: string, ddl: string, { table, files, key, row }: Recorded): Tool => ({
  name,
  tables: [table],
  reverts: name !== 'prisma',
  late: true,
  migrate: async (url, folder) => {
    const client = new pg.Client(url)
    await client.connect()
    try {
      await client.query(ddl)
      const { rows } = await client.query(`select ${key}::text as key from ${table}`)
      for (const [each, file] of files(folder)) {
        if (rows.some((recorded) => recorded.key === each)) continue
        const bytes = readFileSync(file)
        await client.query(bytes.toString('utf8'))
        const [sql, values] = row(each, file, bytes)
        await client.query(sql, [...values])
      }
    } finally {
      await client.end()
    }
  },
})

export const recordedByHand: readonly Tool[] = [
  byHand(
    'sqlx',
    `create table if not exists _sqlx_migrations (version bigint primary key, description text not null,
       installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, execution_time bigint not null)`,
    {
      table: '_sqlx_migrations',
      key: 'version',
      files: (folder) =>
        readdirSync(folder)
          .filter((file) => file.endsWith('.up.sql'))
          .sort()
          .map((file) => [String(Number.parseInt(file, 10)), join(folder, file)]),
      row: (version, file, bytes) => [
        'insert into _sqlx_migrations (version, description, success, checksum, execution_time) values ($1, $2, true, $3, 1)',
        [version, /\d+_(\w+)/.exec(file)?.[1]?.replaceAll('_', ' '), hash('sha384', bytes)],
      ],
    },
  ),
  byHand(
    'diesel',
    `create table if not exists __diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp)`,
    {
      table: '__diesel_schema_migrations',
      key: 'version',
      files: (folder) =>
        folders(folder, 'up.sql').map(([name, file]) => [(name.split('_')[0] ?? '').replaceAll('-', ''), file]),
      row: (version) => ['insert into __diesel_schema_migrations (version) values ($1)', [version]],
    },
  ),
  byHand(
    'prisma',
    `create table if not exists _prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
       migration_name varchar(255) not null, logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(),
       applied_steps_count integer not null default 0)`,
    {
      table: '_prisma_migrations',
      key: 'migration_name',
      files: (folder) => folders(folder, 'migration.sql'),
      row: (name, _, bytes) => [
        'insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, now(), 1)',
        [randomUUID(), hash('sha256', bytes).toString('hex'), name],
      ],
    },
  ),
]
