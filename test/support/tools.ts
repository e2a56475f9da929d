// Other migration tools, each started as its users start it. test/tools/install.sh installs them.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command.ts'
import { temporaryFolder } from './lotse.ts'

export type Tool = {
  /** What `lotse adopt --from` and the folder in test/fixtures/tools call it. */
  readonly name: string
  /** The tables that are its own. */
  readonly tables: readonly string[]
  /** Where its table is, unless it is in public. */
  readonly schema?: string
  /** Whether its migrations say what reverts them, each of them. */
  readonly reverts: boolean
  /** Whether it applies a migration whose version is below one that it has applied. */
  readonly late: boolean
  /** What Lotse is told for placeholders. */
  readonly env?: Readonly<Record<string, string>>
  /** Applies everything in the folder that is pending. Throws with what it printed when it fails. */
  readonly migrate: (url: string, folder: string) => Promise<unknown>
  /** What it has to do after rows were written for it. */
  readonly repair?: (url: string, folder: string) => Promise<unknown>
}

const here = join(import.meta.dirname, '../tools')
const fixtures = join(import.meta.dirname, '../fixtures/tools')

/** The path of a program that test/cluster/build.sh has built. */
function program(tool: string, name = tool): string {
  const { stdout } = spawnSync(join(here, '../cluster/build.sh'), ['--path', tool], { encoding: 'utf8' })
  return join(stdout.trim(), name)
}

// npm has it for Linux on x64; elsewhere it is the machine's own.
const ours = join(here, 'node_modules/@dbmate/linux-x64/bin/dbmate')
const dbmate = existsSync(ours) ? ours : 'dbmate'

const script = (name: string) => (url: string, folder: string) =>
  must(process.execPath, [join(here, 'runners', `${name}.mjs`), url, folder])

export const tools: readonly Tool[] = [
  {
    name: 'goose',
    tables: ['goose_db_version'],
    late: true,
    reverts: true,
    env: { FIRST_STATUS: 'open' },
    migrate: (url, folder) =>
      must(program('goose'), ['-dir', folder, '-allow-missing', 'postgres', `${url}?sslmode=disable`, 'up'], {
        env: { FIRST_STATUS: 'open' },
      }),
  },
  {
    name: 'golang-migrate',
    tables: ['schema_migrations'],
    late: false,
    reverts: true,
    migrate: (url, folder) =>
      must(program('golang-migrate', 'migrate'), [
        '-source',
        `file://${folder}`,
        '-database',
        `${url}?sslmode=disable`,
        'up',
      ]),
  },
  {
    name: 'dbmate',
    tables: ['schema_migrations'],
    late: true,
    reverts: true,
    migrate: (url, folder) =>
      must(dbmate, [...['--url', `${url}?sslmode=disable`, '--migrations-dir', folder, '--no-dump-schema', 'migrate']]),
  },
  { name: 'node-pg-migrate', tables: ['pgmigrations'], late: true, reverts: true, migrate: script('node-pg-migrate') },
  {
    name: 'knex',
    tables: ['knex_migrations', 'knex_migrations_lock'],
    late: true,
    reverts: true,
    migrate: script('knex'),
  },
  {
    name: 'kysely',
    tables: ['kysely_migration', 'kysely_migration_lock'],
    late: true,
    reverts: true,
    migrate: script('kysely'),
  },
  {
    name: 'drizzle',
    tables: ['__drizzle_migrations'],
    schema: 'drizzle',
    late: false,
    reverts: false,
    migrate: script('drizzle'),
  },
  { name: 'postgrator', tables: ['schemaversion'], late: false, reverts: true, migrate: script('postgrator') },
  { name: 'umzug', tables: ['SequelizeMeta'], late: true, reverts: true, migrate: script('umzug') },
  {
    name: 'flyway',
    tables: ['flyway_schema_history'],
    late: true,
    reverts: false,
    env: { LOTSE_PLACEHOLDER_first_status: 'open' },
    migrate: (url, folder) => flyway('migrate', url, folder),
    repair: (url, folder) => flyway('repair', url, folder),
  },
]

/** Runs a goal of Flyway's plugin for Maven. */
function flyway(goal: string, url: string, folder: string): Promise<string> {
  const { host, pathname, username } = new URL(url)
  const settings = {
    url: `jdbc:postgresql://${host}${pathname}`,
    user: username,
    locations: `filesystem:${folder}`,
    outOfOrder: 'true',
    // Else its lock is a transaction, for whose end CREATE INDEX CONCURRENTLY waits.
    'postgresql.transactional.lock': 'false',
    'placeholders.first_status': 'open',
  }
  const flags = Object.entries(settings).map(([name, value]) => `-Dflyway.${name}=${value}`)
  return must('mvn', ['--batch-mode', '--offline', '--file', join(here, 'flyway/pom.xml'), `flyway:${goal}`, ...flags])
}

/** The folder of a tool with the migrations of these numbers, from 1 to 14, and what stands beside all of them. */
export function folderOf(tool: string, has: (number: number) => boolean): string {
  const folder = join(temporaryFolder(), tool)
  mkdirSync(folder)
  for (const file of readdirSync(join(fixtures, tool))) {
    const number = numberOf(tool, file)
    if (number === undefined || has(number)) cpSync(join(fixtures, tool, file), join(folder, file), { recursive: true })
  }
  if (tool === 'drizzle') cutJournal(folder, has)
  // Its scripts import kysely from beside them.
  if (tool === 'kysely') symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function numberOf(tool: string, file: string): number | undefined {
  const title = /_([a-z][a-z_]*)|\.(?:do|undo)\.(\w+)/.exec(file.replace(/^R__/, 'R_'))
  const index = titles.indexOf(title?.[1] ?? title?.[2] ?? '')
  return index < 0 || (tool === 'flyway' && file.startsWith('R')) ? undefined : index + 1
}

const titles = [
  ...['users', 'ada', 'touch', 'email', 'name_index', 'orders', 'nothing', 'double', 'status', 'audit', 'orders_index'],
  ...['open_orders', 'reserved', 'double_again'],
]

function cutJournal(folder: string, has: (number: number) => boolean): void {
  const file = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { tag: string }[] }
  const entries = journal.entries.filter(({ tag }) => has(Number.parseInt(tag, 10) + 1))
  rmSync(file)
  writeFileSync(file, JSON.stringify({ ...journal, entries }))
}
