import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../support/postgres-server.ts'
import { type Entry, type Label, readCorpus } from './check/corpus.ts'
import {
  eugeneLint,
  eugeneTrace,
  lotse,
  lotseAlone,
  type Place,
  type Said,
  safeMigrate,
  squawk,
  unlisted,
} from './check/linters.ts'
import { type Application, largeTables } from './check/old-version.ts'
import { type Facts, factsOf } from './check/server-facts.ts'

/**
 * Lotse beside other linters of migrations, on statements in the style of real folders: what each finds, misses, and says in vain.
 * Each label is first compared with what a server does. Prints tables; judges nobody. Run by `make bench-check`.
 *
 * BENCH_ONLY=lotse,squawk leaves out the others, BENCH_VERBOSE=1 lists what each missed and said in vain, BENCH_POSTGRES=14 to 18.
 */
const only = process.env.BENCH_ONLY?.split(',') ?? []
const verbose = process.env.BENCH_VERBOSE === '1'
const major = process.env.BENCH_POSTGRES ?? '17'
const programs = process.argv[2] ?? ''

for (const difference of only.length === 0 ? unlisted(programs) : [])
  console.log(`hook/check/other-linters.json: ${difference}`)
const entries = readCorpus()
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-check-'))
const server = await startPostgres(major, {
  settings: ['autovacuum=off', 'wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=8GB', 'shared_buffers=256MB'],
})
const admin = new pg.Client(server.url)
await admin.connect()
const urlOf = (name: string): string => Object.assign(new URL(server.url), { pathname: `/${name}` }).href
try {
  await admin.query('create role app')
  const urls = { shop: '', examples: '' }
  for (const application of ['shop', 'examples'] as const) {
    await make(application, `${application}_small`, 1_000)
    await make(application, `${application}_large`, 160_000)
    urls[application] = urlOf(`${application}_large`)
  }
  const truth = await labelled()
  const place: Place = { folder, programs, urls, files: written() }
  const withCopy = async (entry: Entry, use: (url: URL) => void): Promise<void> => {
    // What runs in a transaction is rolled back.
    if (entry.transaction) return use(new URL(urlOf(`${entry.application}_small`)))
    await admin.query(`create database traced template ${entry.application}_small`)
    use(new URL(urlOf('traced')))
    await admin.query('drop database traced with (force)')
  }
  const linters: readonly (readonly [string, () => Said | Promise<Said>])[] = [
    ['lotse', () => lotse(place)],
    ['lotse, no database', () => lotseAlone(place)],
    ['squawk 2.66.0', () => squawk(place)],
    ['eugene 0.8.3 lint', () => eugeneLint(place)],
    ['eugene 0.8.3 trace', () => eugeneTrace(place, withCopy)],
    ['safe-migrate 0.12.0', () => safeMigrate(place)],
  ]
  const chosen = linters.filter(([name]) => only.length === 0 || only.some((each) => name.startsWith(each)))
  const said = new Map<string, Said>()
  for (const [name, ask] of chosen) said.set(name, await ask())
  table('All', truth, said)
  for (const style of [...new Set(entries.map((each) => each.style))])
    table(style, new Map([...truth].filter(([each]) => each.style === style)), said)
  for (const [name, each] of said) if (verbose || name === 'lotse') list(name, truth, each)
} finally {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** A database of an application, with this many rows in its large tables, stored as loosely as old tables are. */
async function make(application: Application, name: string, rows: number): Promise<void> {
  await admin.query(`create database ${name}`)
  const client = new pg.Client(urlOf(name))
  await client.connect()
  const read = (path: string): string => readFileSync(path, 'utf8')
  if (application === 'examples') {
    await client.query(read('test/fixtures/check/schema.sql'))
    await client.query(
      rows > 1_000
        ? read('test/fixtures/check/large.sql')
        : read('test/fixtures/check/large.sql').replaceAll(/[0-9]{5,6}\) as n/g, '2000) as n'),
    )
  } else {
    await client.query(read('test/bench/check/schema.sql'))
    const loose = largeTables.shop.filter((each) => !['measurements', 'visits', 'big_report'].includes(each))
    const fill = (each: string): number => (each === 'users' ? 40 : each === 'orders' ? 25 : 10)
    await client.query(loose.map((each) => `alter table ${each} set (fillfactor = ${fill(each)});`).join(' '))
    await client.query(read('test/bench/check/rows.sql').replaceAll(':rows', String(rows)))
  }
  await client.query(
    'alter default privileges in schema public grant all on tables to app; alter default privileges in schema public grant all on sequences to app; grant usage on schema public to app; grant all on all tables in schema public to app; grant all on all sequences in schema public to app',
  )
  await client.end()
}

/** The label of each entry, once a server has confirmed it; what it does not confirm is printed, and counts as the server says. */
async function labelled(): Promise<Map<Entry, Label>> {
  const clients = { shop: new pg.Client(urlOf('shop_small')), examples: new pg.Client(urlOf('examples_small')) }
  await Promise.all(Object.values(clients).map((client) => client.connect()))
  const truth = new Map<Entry, Label>()
  const doubts: string[] = []
  for (const entry of entries) {
    if (!entry.transaction) await clients[entry.application].end()
    const facts = await factsOf(admin, clients[entry.application], `${entry.application}_small`, entry)
    if (!entry.transaction) {
      clients[entry.application] = new pg.Client(urlOf(`${entry.application}_small`))
      await clients[entry.application].connect()
    }
    const label = labelBy(entry, facts)
    truth.set(entry, label)
    if (label !== entry.label)
      doubts.push(
        `${entry.style}: ${entry.label}, not confirmed (${facts.harm.join('; ') || `locks ${facts.locked}`}): ${entry.sql.slice(0, 200)}`,
      )
  }
  await Promise.all(Object.values(clients).map((client) => client.end()))
  console.log(
    `PostgreSQL ${major} confirms ${entries.length - doubts.length} of ${entries.length} labels${doubts.length > 0 ? '; the others count for nobody:' : '.'}`,
  )
  for (const doubt of doubts) console.log(`  ${doubt}`)
  return truth
}

/** What a server confirms: a label that it does not counts for nobody. */
function labelBy({ label }: Entry, { harm, locked }: Facts): Label {
  if (label === 'harmful') return harm.length > 0 ? 'harmful' : 'brief'
  if (label === 'harmless') return harm.length > 0 ? 'brief' : 'harmless'
  return harm.length === 0 && locked.length > 0 ? 'brief' : 'harmful'
}

/** Each entry as a file of a migrations folder. */
function written(): Map<Entry, string> {
  return new Map(
    entries.map((entry, index) => {
      mkdirSync(join(folder, entry.application), { recursive: true })
      const path = join(
        folder,
        entry.application,
        `${String(index + 1).padStart(4, '0')}_${entry.style.replaceAll('-', '_')}.sql`,
      )
      writeFileSync(path, `${entry.sql}\n`)
      return [entry, path]
    }),
  )
}

function table(title: string, truth: ReadonlyMap<Entry, Label>, said: ReadonlyMap<string, Said>): void {
  const harmful = [...truth].filter(([, label]) => label === 'harmful').map(([entry]) => entry)
  const harmless = [...truth].filter(([, label]) => label === 'harmless').map(([entry]) => entry)
  const brief = truth.size - harmful.length - harmless.length
  const sizes = ['large', 'small', 'fresh', 'none']
  console.log(`\n${title}: ${harmful.length} harmful, ${harmless.length} harmless, ${brief} that count for nobody\n`)
  print(['', 'found', 'missed', 'in vain', ...sizes.map((size) => `of ${size}`)])
  for (const [name, by] of said) {
    const speaks = (entry: Entry): boolean => (by.get(entry) ?? []).length > 0
    const vain = harmless.filter(speaks)
    const found = harmful.filter(speaks).length
    print([
      name,
      `${found}`,
      `${harmful.length - found}`,
      `${vain.length}`,
      ...sizes.map((size) => `${vain.filter((each) => each.size === size).length}`),
    ])
  }
}

function print([name = '', ...figures]: readonly string[]): void {
  console.log(`  ${name.padEnd(24)}${figures.map((figure) => figure.padStart(10)).join('')}`)
}

function list(name: string, truth: ReadonlyMap<Entry, Label>, said: Said): void {
  const one = ({ style, size, sql }: Entry): string =>
    `  ${style}, ${size}: ${sql.replaceAll(/\s+/g, ' ').slice(0, 160)}`
  const missed = [...truth].filter(([entry, label]) => label === 'harmful' && (said.get(entry) ?? []).length === 0)
  const vain = [...truth].filter(([entry, label]) => label === 'harmless' && (said.get(entry) ?? []).length > 0)
  if (missed.length > 0) console.log(`\n${name} missed\n${missed.map(([entry]) => one(entry)).join('\n')}`)
  if (vain.length > 0)
    console.log(
      `\n${name} said in vain\n${vain.map(([entry]) => `${one(entry)} (${said.get(entry)?.join(', ')})`).join('\n')}`,
    )
}
