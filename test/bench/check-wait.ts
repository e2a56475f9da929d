import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { startPostgres } from '../support/postgres-server.ts'

/**
 * How long SELECTs wait while one change is made to a table of a million rows: as it is often written, and by the safe form that
 * `lotse check` shows for it, copied from its output. A reader asks without pause. Prints the longest wait of each file. Run by
 * `make bench-check`.
 */
const run = promisify(execFile)
const server = await startPostgres(process.env.BENCH_POSTGRES ?? '17')
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-wait-'))
const table = 'create table visits (id bigint primary key, amount integer not null, path text);'
const rows = `insert into visits select n, n, repeat('x', 60) from generate_series(1, 1000000) as n; analyze visits;`
const change = 'alter table visits alter column amount type numeric;\ncreate index visits_amount on visits (amount);\n'
const admin = new pg.Client(server.url)
await admin.connect()
try {
  const unsafe = await prepared('unsafe')
  write('unsafe', '0002_change.sql', change)
  const { stdout } = await lotse(unsafe, 'unsafe', ['check', '--json'])
  const { findings }: { findings: { rule: string; safe: string }[] } = JSON.parse(stdout)
  const safeOf = (rule: string): string => findings.find((each) => each.rule === rule)?.safe ?? ''
  const [expand = '', fill = ''] = safeOf('column-type-rewrites').split(/^-- in a later file.*\n/m)
  const safe = await prepared('safe')
  console.log('\nThe longest SELECT on a table of a million rows (milliseconds)\n')
  print('alter column type; create index', await longest(unsafe, 'unsafe'))
  for (const [name, text] of Object.entries({
    '0002_expand.sql': expand,
    '0003_fill.sql': fill,
    '0004_index.sql': safeOf('index-blocks-writes').replace('(amount)', '(amount_new)'),
  })) {
    write('safe', name, text)
    print(`safe form, ${name}`, await longest(safe, 'safe'))
  }
} finally {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function prepared(name: string): Promise<string> {
  await admin.query(`create database ${name}`)
  const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
  write(name, '0001_visits.sql', table)
  await lotse(url, name, ['up'])
  const client = new pg.Client(url)
  await client.connect()
  await client.query(rows)
  await client.end()
  return url
}

function write(name: string, file: string, text: string): void {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, file), text)
}

function lotse(url: string, name: string, args: readonly string[]): Promise<{ stdout: string }> {
  const env = { ...process.env, DATABASE_URL: url, LOTSE_MIGRATIONS: join(folder, name) }
  return run(process.execPath, ['dist/lotse.js', ...args], { env, maxBuffer: 1 << 26 })
}

/** The longest answer to a reader while `lotse up` runs, with the time that the run took and how many answers there were. */
async function longest(url: string, name: string): Promise<readonly [wait: number, took: number, answers: number]> {
  const reader = new pg.Client(url)
  await reader.connect()
  const started = performance.now()
  let [done, most, answers] = [false, 0, 0]
  const running = lotse(url, name, ['up']).finally(() => {
    done = true
  })
  while (!done) {
    const asked = performance.now()
    await reader.query('select amount from visits where id = $1', [1 + (answers++ % 1_000_000)])
    most = Math.max(most, performance.now() - asked)
  }
  await running
  await reader.end()
  return [most, performance.now() - started, answers]
}

function print(title: string, [most, took, answers]: readonly [number, number, number]): void {
  console.log(
    `  ${title.padEnd(36)}${most.toFixed(0).padStart(8)}   of ${took.toFixed(0)} that the run took, ${answers} SELECTs`,
  )
}
