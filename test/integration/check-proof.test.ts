import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readFacts } from '../../hook/check/catalogue.ts'
import { factsAfter } from '../../hook/check/evolution.ts'
import { namedIn } from '../../hook/check/named-objects.ts'
import { rules } from '../../hook/check/rules/all.ts'
import type { Facts } from '../../hook/check/rules/facts.ts'
import type { Found, Rule, Touch } from '../../hook/check/rules/rule.ts'
import { type Part, partsOf } from '../../hook/check/statements.ts'
import type { Session } from '../../hook/database/session.ts'
import { none, parseDirectives } from '../../hook/migration/directives.ts'
import type { Migration } from '../../hook/migration/migration.ts'

/** Every rule's examples, run on a real server: the locks, rewrites and scans seen must be those that the rule tells. */

let client: pg.Client
let observer: pg.Client

beforeAll(async () => {
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  await admin.query('drop database if exists check_proof with (force)')
  await admin.query('create database check_proof')
  await admin.end()
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: '/check_proof' }).href
  ;[client, observer] = [new pg.Client(url), new pg.Client(url)]
  await Promise.all([client.connect(), observer.connect()])
  await client.query(readFileSync('test/fixtures/check/schema.sql', 'utf8'))
})

afterAll(async () => {
  await Promise.all([client?.end(), observer?.end()])
})

const major = Number(inject('postgresMajor'))

/** What fails in a program of the old version once an unsafe example has run, and how. */
const failsAfter: Record<string, readonly [sql: string, code: string]> = {
  'drop-column': ['select note from orders', '42703'],
  'drop-object': ['select * from open_orders', '42P01'],
  rename: ['select note from orders', '42703'],
  'enum-value-renamed': [`select * from orders where state = 'open'`, '22P02'],
  'replica-identity-lost': ['update payments set paid = 1 where id = 1', '55000'],
  'promise-taken': ['insert into orders (id, customer_id) values (5000, 1)', '23502'],
  'new-promise': [`insert into orders (id, customer_id, note) values (5000, 1, 'longer than ten')`, '23514'],
}

/** What an unsafe example does that its author does not expect: an error by its code, or what a query then tells. */
const surprises: Record<
  string,
  { readonly code: string } | { readonly before?: string; readonly query: string; readonly row: object }
> = {
  'index-concurrently-partitioned': { code: '0A000' },
  'enum-value-used': { code: '55P04' },
  'add-column-not-null': { code: '23502' },
  'index-if-not-exists': {
    before: 'create unique index concurrently orders_note on orders (note)',
    query: `select indisvalid as valid from pg_index where indexrelid = 'orders_note'::regclass`,
    row: { valid: false },
  },
  'name-too-long': {
    query: `select length(relname)::int as length from pg_class where relname like 'a_table_whose%'`,
    row: { length: 63 },
  },
  'data-removed': { query: 'select count(*)::int as rows from orders', row: { rows: 0 } },
  'permission-taken': {
    query: `select relrowsecurity as hidden from pg_class where relname = 'orders'`,
    row: { hidden: true },
  },
}

/** Rules about logical replication, which check-replication.test.ts proves. */
const provenBySubscriptions = rules.map(({ name }) => name).filter((name) => /^published-|^slot-/.test(name))

/** Rules that no example alone can show, each with a test of its own below; those about rows have theirs in preflight-proof.test.ts. */
const aboutRows = rules.filter(({ kind }) => kind === 'failing').map(({ name }) => name)
const ofTheirOwn = ['index-concurrently-corrupts', 'table-in-use', ...aboutRows, ...provenBySubscriptions]

test.each(rules.filter(({ name }) => !ofTheirOwn.includes(name)).map((rule) => [rule.name, rule] as const))(
  '%s',
  async (name, rule) => {
    const surprise = surprises[name]
    if (surprise && 'before' in surprise && surprise.before) await client.query(surprise.before).catch(() => {})
    const { found, parts } = await judged(rule, rule.unsafe)
    expect(found.length, `${name} does not find its unsafe example`).toBeGreaterThan(0)
    const safe = await judged(rule, rule.safe)
    expect(safe.found, `${name} finds its safe example`).toEqual([])
    if (surprise) await proveSurprise(parts, surprise)
    const [sql, code] = failsAfter[name] ?? []
    if (sql && code) await proveFailure(parts, sql, code)
    if (rule.kind === 'blocking' || rule.kind === 'brief') {
      await proveTouches(
        rule,
        parts,
        found.flatMap(({ touches }) => touches),
      )
      if (alone(safe.parts)) await proveConcurrent(safe.parts)
      else if (rule.kind === 'blocking') await proveHarmless(rule, safe.parts, found)
    } else expect(surprise ?? failsAfter[name], `nothing proves ${name}`).toBeDefined()
  },
)

test('index-concurrently-corrupts is told of exactly the releases that have the bug', async () => {
  const rule = rules.find(({ name }) => name === 'index-concurrently-corrupts') as Rule
  const { parts, facts } = await judged(rule, rule.unsafe)
  const found = (version: number): number => judgeAll(rule, parts, { ...facts, version }).length
  expect([140_000, 140_003, 140_004, 130_007, 150_000].map(found)).toEqual(
    [1, 1, 0, 1, 0].map((each, index) => (index === 3 ? found(130_007) : each)),
  )
})

test('table-in-use: behind a long transaction the unsafe example waits for its lock, the safe one does not', async () => {
  const rule = rules.find(({ name }) => name === 'table-in-use') as Rule
  const { parts, facts, found } = await judged(rule, rule.unsafe)
  expect(found).toEqual([])
  await observer.query('begin; select from orders limit 1')
  const inUse = await judged(rule, rule.unsafe)
  const { pid, age } = inUse.facts.tables.get('public.orders')?.usedBy ?? { pid: 0, age: -1 }
  expect(pid).toBe((observer as unknown as { processID: number }).processID)
  expect(age).toBeLessThan(5_000)
  const orders = facts.tables.get('public.orders') as NonNullable<ReturnType<typeof facts.tables.get>>
  const aged = {
    ...facts,
    tables: new Map([['public.orders', { ...orders, usedBy: { pid, name: 'report', age: 60_000 } }]]),
  }
  expect(judgeAll(rule, parts, aged)).toMatchObject([{ touches: [{ lock: 'ACCESS EXCLUSIVE' }] }])
  const safe = await judged(rule, rule.safe)
  expect(judgeAll(rule, safe.parts, aged)).toEqual([])
  await client.query(`set lock_timeout = '200ms'`)
  await expect(client.query(rule.unsafe)).rejects.toMatchObject({ code: '55P03' })
  await client.query(rule.safe)
  await observer.query('rollback')
  await client.query('reset lock_timeout; alter table orders reset (fillfactor)')
})

const migration = (text: string): Migration => ({
  name: 'example',
  file: 'example.sql',
  path: 'example.sql',
  kind: 'sql',
  text,
  checksum: '',
  directives: text.includes('lotse:') ? parseDirectives(text, 'example.sql', []) : none,
  down: undefined,
})

async function judged(
  rule: Rule,
  text: string,
): Promise<{ found: readonly Found[]; parts: readonly Part[]; facts: Facts }> {
  const example = migration(text)
  const parts = await partsOf(example, (_, error) => {
    throw error
  })
  const session = { queries: (sql: string) => client.query(sql) as unknown } as Session
  const facts = await readFacts(
    session,
    parts.map(({ tree }) => namedIn(tree)),
  )
  const found =
    rule.kind === 'breaking' && example.directives.breaking
      ? []
      : judgeAll(rule, parts, facts, example.directives.transaction)
  return { found, parts, facts }
}

function judgeAll(rule: Rule, parts: readonly Part[], facts: Facts, transaction = true): readonly Found[] {
  let known = facts
  const before: Part['tree'][] = []
  return parts.flatMap(({ tree, sql }) => {
    const found = rule.judge({ tree, sql, before: transaction ? [...before] : [], transaction }, known)
    known = factsAfter(known, tree)
    before.push(tree)
    return found
  })
}

const modes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
]
const modeOf = (lock: string): string =>
  `${lock.toLowerCase().replace(/(^| )\w/g, (each) => each.trim().toUpperCase())}Lock`

type Seen = {
  readonly lock: string | undefined
  readonly rewritten: boolean
  readonly scanned: boolean
  readonly built: boolean
  readonly changed: boolean
}

/** Runs statements in a transaction that is rolled back, and tells what they did to some tables. */
async function observe(parts: readonly Part[], tables: readonly string[]): Promise<Map<string, Seen>> {
  await client.query('begin')
  try {
    const ids = (
      await client.query(`select t as name, to_regclass(t)::oid as oid from unnest($1::text[]) as t`, [tables])
    ).rows.filter(({ oid }) => oid)
    const state = async (): Promise<
      Map<string, { file: string; indexes: string; reads: number; changes: number; lock: string | undefined }>
    > => {
      const { rows } = await client.query(
        `select c.oid, pg_relation_filenode(c.oid) as file,
                (select string_agg(coalesce(pg_relation_filenode(i.indexrelid)::text, i.indexrelid::text), ' ' order by i.indexrelid) from pg_index i where i.indrelid = c.oid) as indexes,
                coalesce(s.seq_tup_read, 0)::int as reads, coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0)::int as changes,
                array(select mode from pg_locks where pid = pg_backend_pid() and relation = c.oid and granted) as locks
           from pg_class c left join pg_stat_xact_user_tables s on s.relid = c.oid where c.oid = any($1::oid[])`,
        [ids.map(({ oid }) => oid)],
      )
      return new Map(
        rows.map((row) => [
          ids.find(({ oid }) => oid === row.oid)?.name,
          { ...row, lock: modes.findLast((mode) => row.locks.includes(mode)) },
        ]),
      )
    }
    const before = await state()
    for (const { sql } of parts) await client.query(sql)
    const after = await state()
    return new Map(
      [...before].map(([name, was]) => {
        const is = after.get(name) ?? {
          file: was.file,
          indexes: was.indexes,
          reads: was.reads,
          changes: was.changes,
          lock: undefined,
        }
        const rewritten = is.file !== was.file
        return [
          name,
          {
            lock: is.lock,
            rewritten,
            scanned: is.reads > was.reads,
            built: is.indexes !== was.indexes,
            changed: is.changes > was.changes + 1,
          },
        ]
      }),
    )
  } finally {
    await client.query('rollback')
  }
}

async function proveTouches(rule: Rule, parts: readonly Part[], touches: readonly Touch[]): Promise<void> {
  const seen = await observe(
    parts,
    touches.map(({ table }) => table.key),
  )
  for (const { table, lock, work } of touches) {
    const was = seen.get(table.key)
    const what = `${rule.name}: ${table.key} ${JSON.stringify(was)}`
    if (!was) throw new Error(`${what} was not seen`)
    // What dropping a table leaves of its own locks cannot be seen any more.
    if (rule.name !== 'foreign-key-unindexed' && was.lock !== undefined) expect(was.lock, what).toBe(modeOf(lock))
    if (rule.name === 'foreign-key-unindexed') continue
    expect(was.rewritten, what).toBe(work === 'rewrite')
    if (work === 'scan' || work === 'compare') expect(was.scanned, what).toBe(true)
    if (work === 'build') expect(was.built, what).toBe(true)
    if (work === 'change') expect(was.changed, what).toBe(true)
    // Which of the two tables it scans, and which it looks up, is for the planner to choose.
    if (work === 'none' && rule.name !== 'foreign-key-scans') expect(was.scanned, what).toBe(false)
  }
}

/** The safe form does none of that work under a lock as strong. */
async function proveHarmless(rule: Rule, parts: readonly Part[], found: readonly Found[]): Promise<void> {
  const touches = found.flatMap(({ touches }) => touches)
  const seen = await observe(
    parts,
    touches.map(({ table }) => table.key),
  )
  for (const { table, lock } of touches) {
    const was = seen.get(table.key)
    if (!was || modes.indexOf(was.lock ?? '') < modes.indexOf(modeOf(lock))) continue
    expect(was, `the safe form of ${rule.name}`).toMatchObject({ rewritten: false, scanned: false, changed: false })
  }
}

const alone = (parts: readonly Part[]): boolean =>
  parts.some(({ sql }) => /concurrently/i.test(sql) && !/refresh/i.test(sql))

/** What takes a concurrent example back. */
const undo = `drop index if exists orders_note; create index if not exists orders_total on orders (total);
  do $$ begin if not exists (select from pg_inherits where inhrelid = 'logs_2025'::regclass) then
    alter table logs attach partition logs_2025 for values from ('2025-01-01') to ('2026-01-01'); end if; end $$`

/** While a writer holds its transaction open, a concurrent form waits without a lock that blocks anybody. */
async function proveConcurrent(parts: readonly Part[]): Promise<void> {
  const { rows } = await client.query('select pg_backend_pid() as pid')
  await observer.query('begin')
  await observer.query(
    `insert into orders (id, customer_id, total) values (9000, 1, 9000); insert into logs values ('2025-12-31')`,
  )
  const running = (async () => {
    for (const { sql } of parts) await client.query(sql)
  })()
  let seen: string[] | undefined
  for (const deadline = Date.now() + 20_000; !seen && Date.now() < deadline; await delay(20)) {
    const { rows: waiting } = await observer.query(
      `select array(select mode from pg_locks l where pid = $1 and granted
                       and relation in ('orders'::regclass, 'logs'::regclass, 'logs_2025'::regclass)) as modes
         from pg_locks where pid = $1 and not granted`,
      [rows[0].pid],
    )
    seen = waiting[0]?.modes
  }
  await observer.query('rollback')
  await running
  await client.query(undo)
  expect(seen, 'it does not wait for the writer').toBeDefined()
  const strongest = modes.findLastIndex((mode) => seen?.includes(mode))
  expect(strongest, String(seen)).toBeLessThanOrEqual(modes.indexOf('ShareUpdateExclusiveLock'))
}

async function proveFailure(parts: readonly Part[], old: string, code: string): Promise<void> {
  await client.query('begin')
  try {
    await client.query('savepoint before')
    await client.query(old)
    await client.query('rollback to before')
    for (const { sql } of parts) await client.query(sql)
    await expect(client.query(old)).rejects.toMatchObject({ code })
  } finally {
    await client.query('rollback')
  }
}

async function proveSurprise(parts: readonly Part[], surprise: (typeof surprises)[string]): Promise<void> {
  const concurrent = alone(parts)
  if (!concurrent) await client.query('begin')
  try {
    const run = async (): Promise<void> => {
      for (const { sql } of parts) await client.query(sql)
    }
    if ('code' in surprise) await expect(run()).rejects.toMatchObject({ code: surprise.code })
    else {
      await run()
      expect((await client.query(surprise.query)).rows).toEqual([surprise.row])
    }
  } finally {
    await client.query(concurrent ? undo : 'rollback')
  }
}

test('the server is one that the rules speak of', () => expect(major).toBeGreaterThanOrEqual(14))
