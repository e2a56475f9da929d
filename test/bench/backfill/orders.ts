import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'

/** A table of orders, and what fills a column of it: `lotse finish`, or one statement by hand. */

const change = 'update orders set total = cents / 100.0 where'

/** The same change by hand. */
export const single = `${change} total is null`

/** Makes the table anew with so many rows. Nothing of making it is left to be written; autovacuum would come whenever it likes. */
export async function makeOrders(client: pg.Client, rows: number): Promise<void> {
  await client.query('drop table if exists orders, lotse_history, lotse_history_backfills')
  await client.query(
    `create table orders (id bigint primary key, cents int not null, total numeric, seen int not null default 0, note text)
      with (autovacuum_enabled = off)`,
  )
  await client.query(
    `insert into orders (id, cents, note) select n, n % 100000, repeat('x', 60) from generate_series(1, ${rows}) as n`,
  )
  await client.query('vacuum (analyze, freeze) orders')
  await client.query('checkpoint')
}

export type Finished = {
  /** Milliseconds from start to end of the process, and those of its batches alone. */
  readonly elapsed: number
  readonly batches: number
  /** Why it gave way. */
  readonly reasons: readonly string[]
  /** Resident memory of the process in MiB, looked at ten times a second. */
  readonly memory: readonly number[]
}

/** Fills the column by `lotse finish`, a process of its own. `manners`: more directives of its file. */
export async function fillByLotse(url: string, manners: readonly string[] = []): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-backfill-'))
  try {
    const migrations = join(folder, 'migrations')
    mkdirSync(migrations)
    const env = { ...process.env, DATABASE_URL: url, LOTSE_MIGRATIONS: migrations, LOTSE_LOG_FORMAT: 'json' }
    writeFileSync(join(migrations, '001_first.sql'), 'select 1')
    await ended('up', env)
    const head = ['backfill orders(id)', ...manners].map((directive) => `-- lotse: ${directive}\n`).join('')
    writeFileSync(join(migrations, '002_fill.sql'), `${head}${change} id between $1 and $2 and total is null;\n`)
    const { output, ...times } = await ended('finish', env)
    const events: Record<string, unknown>[] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const of = (event: string): Record<string, unknown>[] => events.filter((each) => each.event === event)
    const batches = Number(of('migration.applied')[0]?.elapsed)
    return { ...times, batches, reasons: of('backfill.holding').flatMap(({ reasons }) => reasons as string[]) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ended(
  verb: string,
  env: NodeJS.ProcessEnv,
): Promise<{ elapsed: number; memory: number[]; output: string }> {
  const started = performance.now()
  const child = spawn(process.execPath, ['dist/lotse.js', verb], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  const memory: number[] = []
  const looks = setInterval(() => memory.push(residentOf(child.pid)), 100)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(looks)
  const elapsed = performance.now() - started
  const output = Buffer.concat(chunks).toString()
  if (code !== 0) throw new Error(`lotse ${verb} ended with ${code}:\n${output}`)
  return { elapsed, memory: memory.filter((each) => each > 0), output }
}

/** Linux tells it (proc(5), VmRSS); elsewhere it is 0. */
function residentOf(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
