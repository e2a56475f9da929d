import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres } from '../support/postgres-server.ts'
import { application, type Seen } from './backfill/application.ts'
import { type Finished, fillByLotse, makeOrders, single } from './backfill/orders.ts'
import { greatestLag, slowLine } from './backfill/replica.ts'

/**
 * A backfill by `lotse finish` beside the same change in one UPDATE, on a server that keeps what it commits (fsync); what an application
 * and a replica notice of it; and its memory. In turn, so that a machine that gets slower does so for all. Prints ratios with what is
 * aimed at; judges nothing. Run by `make bench-backfill`; BENCH_ROUNDS=2 BENCH_ROWS=200000 BENCH_MANY=500000 is quicker and less sure.
 */
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000)
const many = Number(process.env.BENCH_MANY ?? 5_000_000)
const major = process.env.BENCH_POSTGRES ?? '18'
const settings = [
  'fsync=on',
  'shared_buffers=512MB',
  'max_wal_size=8GB',
  'checkpoint_timeout=30min',
  'wal_keep_size=4GB',
]

console.log(
  `\nA backfill on PostgreSQL ${major}, fsync on, ${rows.toLocaleString('en')} rows, ${rounds} rounds in turn\n`,
)
print('', 'median', 'least', 'most', 'aim')
const server = await startPostgres(major, { settings })
const client = new pg.Client(server.url)
await client.connect()
try {
  await speed()
  await noticed()
  await memory()
} finally {
  await client.end()
  await server.stop()
}
await lag()

async function speed(): Promise<void> {
  const [whole, batches]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    let [byHand, byLotse]: [number, Finished | undefined] = [0, undefined]
    for (const way of round % 2 === 0 ? ['hand', 'lotse'] : ['lotse', 'hand']) {
      await makeOrders(client, rows)
      if (way === 'lotse') byLotse = await fillByLotse(server.url)
      else byHand = await timeOf(() => client.query(single))
    }
    whole.push(byHand / (byLotse?.elapsed ?? 0))
    batches.push(byHand / (byLotse?.batches ?? 0))
  }
  printRatios('rows/s, the command ÷ one UPDATE', whole, '≥ 0.8')
  printRatios('rows/s, batches ÷ one UPDATE', batches, '≥ 0.8')
}

async function noticed(): Promise<void> {
  const [ratios, idle, waits]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    await makeOrders(client, rows)
    const alone = async (): Promise<Seen> => application(server.url, rows, delay(5_000))
    const before = await alone()
    const beside = await application(server.url, rows, fillByLotse(server.url))
    const after = await alone()
    ratios.push(percentile(beside.reads, 0.99) / percentile([...before.reads, ...after.reads], 0.99))
    idle.push(Math.max(...before.writes, ...after.writes))
    waits.push(Math.max(...beside.writes))
  }
  printRatios('p99 of point queries, with ÷ without', ratios, '≤ 1.2')
  printTimes('longest UPDATE of a row ahead, without', idle)
  printTimes('longest UPDATE of a row ahead, with', waits, '< 100 ms')
}

async function memory(): Promise<void> {
  await makeOrders(client, many)
  const { memory: seen } = await fillByLotse(server.url)
  const tenth = Math.max(1, Math.floor(seen.length / 10))
  // The first tenth is the process that starts.
  const [early, late] = [median(seen.slice(tenth, 3 * tenth)), median(seen.slice(-2 * tenth))]
  print(`memory over ${many.toLocaleString('en')} rows, end ÷ start`, (late / early).toFixed(2), '', '', '≤ 1.1')
  print('memory, MiB', late.toFixed(0), Math.min(...seen.slice(tenth)).toFixed(0), Math.max(...seen).toFixed(0))
}

/** A replica at the end of a slow line, with a limit and without. */
async function lag(): Promise<void> {
  const primary = await startPostgres(major, { settings })
  const line = await slowLine(primary.port, 8_000_000)
  try {
    const replica = await primary.standby(line.port)
    const admin = new pg.Client(primary.url)
    await admin.connect()
    for (const limit of ['5s', '1h']) {
      await makeOrders(admin, Math.min(rows, 400_000))
      await caughtUp(admin)
      const filling = fillByLotse(primary.url, [`max-lag ${limit}`])
      const most = await greatestLag(primary.url, replica.url, filling)
      const held = (await filling).reasons.filter((reason) => reason.startsWith('replica')).length
      const title = limit === '1h' ? 'without a limit' : `max-lag ${limit}`
      print(
        `greatest lag of a replica, ${title}`,
        `${(most / 1_000).toFixed(1)} s`,
        '',
        '',
        limit === '1h' ? '' : '≤ 5 s',
      )
      print('  said that it waits for it', `${held} ×`)
    }
    await admin.end()
  } finally {
    line.close()
    await primary.stop()
  }
}

async function caughtUp(admin: pg.Client): Promise<void> {
  const behind = 'select from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()'
  while ((await admin.query(behind)).rowCount === 0) await delay(200)
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function printRatios(title: string, ratios: readonly number[], aim: string): void {
  print(title, ...[median(ratios), Math.min(...ratios), Math.max(...ratios)].map((each) => each.toFixed(2)), aim)
}

function printTimes(title: string, times: readonly number[], aim = ''): void {
  print(title, ...[median(times), Math.min(...times), Math.max(...times)].map((each) => `${each.toFixed(0)} ms`), aim)
}

function print(title: string, ...figures: readonly string[]): void {
  console.log(`  ${title.padEnd(48)}${figures.map((figure) => figure.padStart(10)).join('')}`)
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}
