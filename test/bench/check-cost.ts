import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../support/postgres-server.ts'
import { type Result, report } from './report.ts'

/**
 * What the check costs: `lotse up` with it and without, in turn, each time on a fresh database. Prints tables; judges nothing. Run by
 * `make bench-check`; BENCH_ROUNDS=3 is quicker and less sure.
 */
const rounds = Number(process.env.BENCH_ROUNDS ?? 7)

const server = await startPostgres(process.env.BENCH_POSTGRES ?? '17')
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-check-'))
const admin = new pg.Client(server.url)
await admin.connect()

/** A table, an index and a later column in each: nothing of it harms anybody, and all of it has to be read to know that. */
const thousand = Array.from({ length: 1_000 }, (_, n) => [
  `create table t_${n} (id bigint primary key, name text not null);`,
  `create index t_${n}_name on t_${n} (name);`,
  `alter table t_${n} add column note text;`,
])
const rows = Array.from({ length: 25_000 }, (_, n) => `(${n}, 'a name as long as names are, number ${n}')`)
const seed = [['create table names (id bigint, name text);', `insert into names values\n${rows.join(',\n')};`]]
const mixed = [[...(seed[0] ?? []), 'create index names_name on names (name);']]

try {
  await compare('1,000 pending files of three statements', write('thousand', thousand))
  await compare('One pending file of 1.5 MB that inserts values', write('seed', seed))
  await compare('The same with a statement that has to be judged', write('mixed', mixed))
  await nothingPending()
} finally {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

function write(name: string, files: readonly (readonly string[])[]): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [index, statements] of files.entries())
    writeFileSync(join(path, `${String(index + 1).padStart(4, '0')}_step.sql`), `${statements.join('\n')}\n`)
  return path
}

async function compare(title: string, migrations: string): Promise<void> {
  const results = new Map<string, Result[]>([
    ['check off', []],
    ['check on', []],
  ])
  for (let round = 0; round <= rounds; round++)
    for (const check of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const url = await freshDatabase()
      const result = up(url, migrations, check === 'on' ? 'warn' : 'off')
      await admin.query(`drop database ${new URL(url).pathname.slice(1)} with (force)`)
      // The first round warms up.
      if (round > 0) results.get(`check ${check}`)?.push(result)
    }
  report(title, 'check off', results)
}

async function nothingPending(): Promise<void> {
  const url = await freshDatabase()
  const results = new Map<string, Result[]>([
    ['check off', []],
    ['check on', []],
  ])
  up(url, join(folder, 'thousand'), 'off')
  for (let round = 0; round < rounds; round++)
    for (const check of ['off', 'on'])
      results.get(`check ${check}`)?.push(up(url, join(folder, 'thousand'), check === 'on' ? 'warn' : 'off'))
  report('Nothing pending in 1,000 files', 'check off', results)
}

function up(url: string, migrations: string, check: string): Result {
  const program = [process.execPath, 'dist/lotse.js', 'up', '--check', check, '--migrations', migrations]
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, 'measure/dist/measure'), program, {
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: url },
  })
  const [code = 0, elapsed = 0, memory = 0] = stdout.split(' ').map(Number)
  if (status !== 0 || code !== 0) throw new Error(`lotse up ended with ${code}: ${stderr}`)
  return { code, elapsed, memory, error: '' }
}

async function freshDatabase(): Promise<string> {
  const name = `bench_${randomBytes(6).toString('hex')}`
  await admin.query(`create database ${name}`)
  return Object.assign(new URL(server.url), { pathname: `/${name}` }).href
}
