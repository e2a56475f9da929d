import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../support/postgres-server.ts'
import { type Contender, contenders, floors } from './contenders.ts'
import { writeMigrations } from './folders.ts'
import { type Result, report } from './report.ts'

/**
 * Measures Lotse against other runners on one PostgreSQL, as whole processes, in turn: round after round, so that a machine that
 * gets slower does so for all. Prints tables; judges nothing. Run by `make bench`.
 *
 * BENCH_ONLY=lotse,umzug leaves out the others, BENCH_ROUNDS=5 is quicker and less sure, BENCH_POSTGRES=14 to 18 chooses the major.
 */
const only = process.env.BENCH_ONLY?.split(',') ?? []
const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const chosen = contenders.filter(
  ({ name }) => only.length === 0 || only.some((each) => name.toLowerCase().startsWith(each)),
)

const createTable = (number: string): string => `create table t_${number} (id bigint primary key, name text not null)`
const select = (number: string): string => `select ${Number(number)}`

const server = await startPostgres(process.env.BENCH_POSTGRES ?? '17')
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-'))
// The modules of Kysely import kysely from where they lie.
symlinkSync(join(import.meta.dirname, '../tools/node_modules'), join(folder, 'node_modules'))
const admin = new pg.Client(server.url)
await admin.connect()
try {
  const layouts = new Set(chosen.map(({ layout }) => layout))
  for (const layout of [...layouts, 'plain'] as const) {
    writeMigrations(layout, folderOf(1_000, layout), 1_000, createTable)
    // What was applied does not matter for what is read, and thousands of tables take minutes to make.
    writeMigrations(layout, folderOf(10_000, layout), 10_000, select)
  }
  for (const amount of [1_000, 10_000]) {
    const measured = await nothingPending(amount)
    report(`Nothing pending, ${amount.toLocaleString('en')} applied`, floors.node.name, measured)
  }
  report('Applying 1,000 files of one CREATE TABLE, from empty', floors.loop.name, await applying())
} finally {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function nothingPending(amount: number): Promise<Map<string, Result[]>> {
  const urls = new Map<Contender, string>()
  for (const contender of [floors.node, floors.query, ...chosen]) urls.set(contender, await freshDatabase())
  // The first round, which is not counted, applies what later rounds find applied.
  return inTurn([...urls.keys()], amount === 1_000 ? rounds : rounds / 3, async (contender) =>
    measure(contender, urls.get(contender) ?? '', amount),
  )
}

async function applying(): Promise<Map<string, Result[]>> {
  return inTurn([floors.node, floors.loop, ...chosen], rounds / 3, async (contender) => {
    const url = await freshDatabase()
    const result = measure(contender, url, 1_000)
    if (contender !== floors.node && result.code === 0) await assertApplied(contender, url, 1_000)
    await admin.query(`drop database ${new URL(url).pathname.slice(1)}`)
    return result
  })
}

/** Measures everybody once in a round, each round beginning with another one. The first warms up; who fails in it is left out. */
async function inTurn(
  entries: readonly Contender[],
  amount: number,
  each: (contender: Contender) => Promise<Result>,
): Promise<Map<string, Result[]>> {
  const results = new Map<string, Result[]>()
  for (const contender of entries) {
    const { code, error } = await each(contender)
    if (code === 0) results.set(contender.name, [])
    else console.log(`${contender.name} is left out, it ended with ${code}: ${error}`)
  }
  for (let round = 0; round < amount; round++) {
    const start = round % entries.length
    for (const contender of [...entries.slice(start), ...entries.slice(0, start)]) {
      const runs = results.get(contender.name)
      if (!runs) continue
      const result = await each(contender)
      if (result.code !== 0) throw new Error(`${contender.name} ended with ${result.code}: ${result.error}`)
      runs.push(result)
    }
  }
  return results
}

function measure({ layout, command }: Contender, url: string, amount: number): Result {
  const program = command(url, folderOf(amount, layout))
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, 'measure/dist/measure'), program, {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${program[0]} could not be started: ${stderr}`)
  const [code = 0, elapsed = 0, memory = 0] = stdout.split(' ').map(Number)
  return { code, elapsed, memory, error: stderr.trim().split('\n').at(-1) ?? '' }
}

function folderOf(amount: number, layout: string): string {
  return join(folder, `${layout}-${amount}`)
}

/** A runner that finds no migrations is quick, too. */
async function assertApplied({ name }: Contender, url: string, amount: number): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(`select count(*)::int as tables from pg_tables where tablename like 't\\__%'`)
  await client.end()
  if (rows[0].tables !== amount) throw new Error(`${name} applied ${rows[0].tables} of ${amount} migrations`)
}

async function freshDatabase(): Promise<string> {
  const name = `bench_${randomBytes(6).toString('hex')}`
  await admin.query(`create database ${name}`)
  return Object.assign(new URL(server.url), { pathname: `/${name}` }).href
}
