import pg from 'pg'
import { readFacts } from '../../hook/check/catalogue.ts'
import { bytesOf } from '../../hook/check/estimate.ts'
import { ratesOf } from '../../hook/check/foreseen-work.ts'
import { judge, readStatements } from '../../hook/check/judge.ts'
import { namedIn } from '../../hook/check/named-objects.ts'
import type { Facts } from '../../hook/check/rules/facts.ts'
import { formatDuration } from '../../hook/config/duration.ts'
import type { PastWork } from '../../hook/database/past-work.ts'
import type { Session } from '../../hook/database/session.ts'
import { none } from '../../hook/migration/directives.ts'
import type { Wait } from '../../hook/migration/finding.ts'
import type { Migration } from '../../hook/migration/migration.ts'
import { table as inColumns } from '../../hook/report/table.ts'
import { startPostgres } from '../support/postgres-server.ts'

/**
 * What the check estimates, beside what then happens, on tables of three sizes: by the default rates, and by those of the server's other
 * runs. Prints a table; ends with 1 when something took longer or shorter than both estimates say. LOTSE_BENCH_ROWS sets other sizes.
 */

const major = process.env.LOTSE_TEST_POSTGRES ?? '18'
const sizes = (process.env.LOTSE_BENCH_ROWS ?? '10000,1000000,5000000').split(',').map(Number)
const statements = {
  scan: 'alter table orders add constraint positive check (total >= 0)',
  build: 'create index orders_note on orders (note)',
  rewrite: 'alter table orders alter column total type bigint',
} as const
type Kind = keyof typeof statements

type Measured = PastWork & { readonly kind: Kind; readonly rows: number; readonly facts: Facts; readonly wait: Wait }

const server = await startPostgres(major)
const client = new pg.Client(server.url)
await client.connect()
const measured: Measured[] = []
try {
  for (const rows of sizes) {
    for (const [kind, sql] of Object.entries(statements) as [Kind, string][]) {
      await client.query('drop table if exists orders')
      await client.query('create table orders (id bigint primary key, total integer not null, note text)')
      await client.query(`insert into orders select n, n, 'note ' || n from generate_series(1, ${rows}) as n`)
      await client.query('vacuum analyze orders')
      const facts = await factsFor(sql)
      const wait = await estimateOf(sql, facts)
      const started = performance.now()
      await client.query(sql)
      const elapsed = performance.now() - started
      const orders = facts.tables.get('public.orders')
      const bytes = orders ? bytesOf(orders, kind) : 0
      measured.push({ kind, rows, work: kind, bytes, elapsed, facts, wait })
    }
  }
} finally {
  await client.end()
  await server.stop()
}

let wrong = 0
const lines: string[][] = []
for (const each of measured) {
  const others = measured.filter((other) => other !== each && other.kind === each.kind && other.bytes >= 10_000_000)
  const own =
    others.length > 0 ? await estimateOf(statements[each.kind], { ...each.facts, rates: ratesOf(others) }) : undefined
  const said = (wait: Wait | undefined): string => {
    if (!wait) return '-'
    const holds = isWithin(wait, each.elapsed)
    if (!holds) wrong++
    return `${formatDuration(wait.least)} to ${formatDuration(wait.most)}${holds ? '' : ' (wrong)'}`
  }
  lines.push([
    each.kind,
    each.rows.toLocaleString('en'),
    `${(each.bytes / 1_000_000).toFixed(1)} MB`,
    formatDuration(each.elapsed),
    `${(each.bytes / 1_000 / each.elapsed).toFixed(0)} MB/s`,
    said(each.wait),
    said(own),
  ])
}
console.log(`PostgreSQL ${major}, one table with one index and no TOAST, fsync off:\n`)
console.log(inColumns(['WORK', 'ROWS', 'SIZE', 'TOOK', 'RATE', 'BY DEFAULT', 'BY OTHER RUNS HERE'], lines))
console.log(
  wrong === 0 ? 'Every time is within its range, or within a factor of two of it.' : `${wrong} estimates are wrong.`,
)
process.exitCode = wrong === 0 ? 0 : 1

/** Within the range, or off it by less than a factor of two; below 100 ms it matters to nobody. */
function isWithin({ least, most }: Wait, elapsed: number): boolean {
  return elapsed < 100 ? most < 1_000 : elapsed >= least / 2 && elapsed <= most * 2
}

function migration(text: string): Migration {
  return {
    name: 'bench',
    file: 'bench.sql',
    path: '',
    kind: 'sql',
    text,
    checksum: '',
    directives: none,
    down: undefined,
  }
}

async function factsFor(sql: string): Promise<Facts> {
  const read = await readStatements([migration(sql)])
  const session = { queries: (text: string) => client.query(text) as unknown } as Session
  return readFacts(
    session,
    read.flatMap(({ parts }) => parts.map(({ tree }) => namedIn(tree))),
  )
}

async function estimateOf(sql: string, facts: Facts): Promise<Wait> {
  const { findings } = judge(await readStatements([migration(sql)]), { facts, isNegligible: () => false })
  const wait = findings.find((each) => each.wait !== undefined)?.wait
  if (!wait) throw new Error(`no rule estimates ${sql}`)
  return wait
}
